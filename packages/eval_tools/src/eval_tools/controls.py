"""The same policy with its costs taken away."""

import jax.numpy as jnp

from futures_env.types import EnvParams


def gross_params(params: EnvParams) -> EnvParams:
    """Parameters of the gross re-evaluation: commission, slippages and through ticks at 0."""
    return params.replace(
        commission_usd=jnp.zeros_like(params.commission_usd),
        slippage_ticks=jnp.zeros_like(params.slippage_ticks),
        stop_slippage_ticks=jnp.zeros_like(params.stop_slippage_ticks),
        target_through_ticks=jnp.zeros_like(params.target_through_ticks),
    )

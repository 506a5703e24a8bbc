"""Controls: the same policy without costs, and without its management actions."""

from dataclasses import replace

import jax
import jax.numpy as jnp
from flax import struct

from eval_tools.policies.policy import Context, Policy, choose, probabilities
from futures_env.codes import Action
from futures_env.types import EnvParams


def gross_params(params: EnvParams) -> EnvParams:
    """Parameters of the gross re-evaluation: commission, slippages and through ticks at 0."""
    return replace(
        params,
        commission_usd=jnp.zeros_like(params.commission_usd),
        slippage_ticks=jnp.zeros_like(params.slippage_ticks),
        stop_slippage_ticks=jnp.zeros_like(params.stop_slippage_ticks),
        target_through_ticks=jnp.zeros_like(params.target_through_ticks),
    )


@struct.dataclass
class FixedBracket:
    """``policy`` kept from managing positions: its entries with the bracket as first set.

    What Phase 2 is worth is the paired difference against this.
    """

    policy: Policy

    def __call__(
        self, obs: jax.Array, mask: jax.Array, key: jax.Array, context: Context
    ) -> jax.Array:
        """See ``eval_tools.policies.policy.Policy``."""
        return self.policy(obs, mask & self._entries(mask), key, context)

    def choose(
        self, obs: jax.Array, mask: jax.Array, key: jax.Array, context: Context
    ) -> tuple[jax.Array, jax.Array]:
        """See ``eval_tools.policies.policy.choose``."""
        return choose(self.policy, obs, mask & self._entries(mask), key, context)

    def probabilities(self, obs: jax.Array, mask: jax.Array) -> jax.Array:
        """See ``eval_tools.policies.policy.probabilities``."""
        return probabilities(self.policy, obs, mask & self._entries(mask))

    def _entries(self, mask: jax.Array) -> jax.Array:
        return jnp.arange(mask.shape[0]) <= Action.SELL

"""Stop distance and number of contracts of an entry decided at the close of a bar."""

import jax
import jax.numpy as jnp

from futures_env.core.units import round_ticks
from futures_env.types import EnvParams, Rules


def stop_distance(params: EnvParams, rules: Rules, atr: jax.Array) -> jax.Array:
    """Ticks from the fill to the stop: the ATR multiple, capped, beyond the slippage. () int32."""
    by_atr = round_ticks(jnp.float32(params.stop_atr_multiple) * atr)
    return jnp.maximum(rules.slippage_ticks + 1, jnp.minimum(by_atr, rules.max_stop_ticks))


def target_distance(params: EnvParams, stop_ticks: jax.Array) -> jax.Array:
    """Ticks from the fill to the target: the ratio times the stop distance, at least 1."""
    by_ratio = round_ticks(jnp.float32(params.target_ratio) * stop_ticks.astype(jnp.float32))
    return jnp.maximum(1, by_ratio)


def sized_contracts(params: EnvParams, rules: Rules, stop_ticks: jax.Array) -> jax.Array:
    """Contracts of an entry: fixed, or by risk per trade; never over ``max_contracts``."""
    by_risk = jax.lax.div(rules.risk_cents, stop_ticks * rules.tick_value_cents)  # both >= 0
    wanted = jnp.where(rules.risk_cents == 0, params.contracts, by_risk)
    return jnp.minimum(wanted, rules.max_contracts).astype(jnp.int32)

"""EnvParams in the account's own units: cents, ticks, and the tier that is in force."""

from dataclasses import replace

import jax
import jax.numpy as jnp

from futures_env.codes import Lock
from futures_env.core.bars import ClosedBar
from futures_env.core.select import select
from futures_env.core.units import INT32_MAX, usd_to_cents
from futures_env.types import TIERS, EnvParams, Rules


def rules_of(params: EnvParams, market: jax.Array | int) -> Rules:
    """Convert the parameters for row ``market`` of the contract table, in the first tier."""
    table = params.market.contract_table
    tick_value = table.tick_value_cents[market]
    start = usd_to_cents(params.start_balance)
    target_balance = start + usd_to_cents(params.profit_target)
    max_stop = usd_to_cents(params.max_stop_usd)
    slippage = jnp.asarray(params.slippage_ticks, jnp.int32)
    stop_slippage = jnp.asarray(params.stop_slippage_ticks, jnp.int32)
    own_commission = usd_to_cents(jnp.maximum(params.commission_usd, 0.0))
    return Rules(
        tick_value_cents=tick_value,
        commission_cents=jnp.where(
            params.commission_usd < 0, table.commission_cents[market], own_commission
        ),
        slippage_ticks=jnp.where(slippage < 0, table.slippage_ticks[market], slippage),
        stop_slippage_ticks=jnp.where(
            stop_slippage < 0, table.slippage_ticks[market], stop_slippage
        ),
        max_stop_ticks=jnp.where(
            max_stop == 0, INT32_MAX, jnp.maximum(1, max_stop // tick_value)
        ),
        risk_cents=usd_to_cents(params.risk_per_trade_usd),
        start_cents=start,
        target_balance_cents=target_balance,
        drawdown_cents=usd_to_cents(params.drawdown),
        lock_cents=select(
            [params.lock == Lock.START, params.lock == Lock.START_PLUS_100,
             params.lock == Lock.TARGET_BALANCE],
            [start, start + 10_000, target_balance],
            INT32_MAX,
        ),
        max_contracts=jnp.asarray(params.max_contracts, jnp.int32),
        daily_loss_cents=usd_to_cents(params.daily_loss_limit),
    )  # fmt: skip


def tier_of(params: EnvParams, profit_cents: jax.Array) -> jax.Array:
    """The tier of a session begun with this profit: 0 the first, i that of row i - 1. () int32."""
    used = params.tier_profit >= 0
    begins = jnp.where(used, usd_to_cents(jnp.abs(params.tier_profit)), INT32_MAX)
    reached = [(profit_cents >= begins[row]).astype(jnp.int32) for row in range(TIERS)]
    return sum(reached[1:], start=reached[0])


def in_tier(params: EnvParams, rules: Rules, tier: jax.Array) -> Rules:
    """``rules`` with contract cap and daily loss limit of ``tier``."""
    used = params.tier_profit >= 0
    limits = usd_to_cents(params.tier_daily_loss_limit)

    def by_tier(first: jax.Array, above: jax.Array) -> jax.Array:
        return jnp.concatenate([jnp.reshape(first, 1), jnp.where(used, above, first)])

    # one table for both: each look-up is a loop of its own
    table = jnp.stack([
        by_tier(rules.max_contracts, params.tier_max_contracts),
        by_tier(rules.daily_loss_cents, limits),
    ], axis=1)  # fmt: skip
    max_contracts, daily_loss_cents = table.at[tier].get(mode="promise_in_bounds")
    return replace(rules, max_contracts=max_contracts, daily_loss_cents=daily_loss_cents)


def market_of(params: EnvParams, bar: ClosedBar) -> jax.Array | int:
    """Contract-table row of a bar; a constant when there is only one market."""
    if params.market.num_markets == 1:
        return 0
    return bar.market.astype(jnp.int32)

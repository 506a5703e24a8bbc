"""The state in which an episode begins, flat or with a position given by the curriculum."""

from dataclasses import replace

import jax
import jax.numpy as jnp
from flax import struct

from futures_env.codes import AccountStatus
from futures_env.core.bars import Bar, read_bar
from futures_env.core.rules import in_tier, market_of, rules_of, tier_of
from futures_env.core.sizing import sized_contracts, stop_distance, target_distance
from futures_env.core.units import round_half_up
from futures_env.types import EnvParams, EnvState, Rules

FORCED_BARS_HELD = 10
"""A forced position was entered this many bars before the reset (fewer early in a session)."""


@struct.dataclass(kw_only=True)
class ForcedPosition:
    """A position given at reset. Leaves 0-d int32; ``side`` 0 gives none."""

    side: jax.Array
    profit_ticks: jax.Array  # open profit per contract at the reset
    bars_held: jax.Array


def flat_state(rules: Rules, bar: Bar, tier: jax.Array) -> EnvState:
    """A fresh, flat account after ``bar``."""
    zero, no = jnp.int32(0), jnp.bool_(False)
    start = rules.start_cents
    return EnvState(
        time=zero,
        row=bar.row,
        side=zero,
        contracts=zero,
        entry_price=zero,
        stop_price=zero,
        target_price=zero,
        initial_stop_ticks=zero,
        bars_held=zero,
        trailing=no,
        break_even_moved=no,
        entry_commission_cents=zero,
        forced=no,
        carried_pnl_cents=zero,
        rewarded_management=zero,
        balance_cents=start,
        equity_cents=start,
        high_water_mark_cents=start,
        floor_cents=start - rules.drawdown_cents,
        session_start_cents=start,
        tier=tier,
        account_status=jnp.int8(AccountStatus.ACTIVE),
        entries_paused=no,
        days_traded=zero,
        traded_this_session=no,
        first_date=bar.date,
        began_forced=no,
    )


def state_at(
    params: EnvParams, row: jax.Array | int, forced: ForcedPosition | None = None
) -> EnvState:
    """The state after bar ``row``, flat or with ``forced``, without any randomness."""
    row = jnp.asarray(row, jnp.int32)
    tier = tier_of(params, jnp.int32(0))
    bar = read_bar(params.market, row)
    rules = in_tier(params, rules_of(params, market_of(params, bar)), tier)
    state = flat_state(rules, bar, tier)
    return state if forced is None else with_forced_position(params, rules, state, bar, forced)


def with_forced_position(
    params: EnvParams, rules: Rules, state: EnvState, bar: Bar, forced: ForcedPosition
) -> EnvState:
    """Open ``forced`` in a flat account: equity stays the start balance, no free P&L."""
    stop_ticks = stop_distance(params, rules, bar.atr)
    contracts = sized_contracts(params, rules, stop_ticks)
    side = forced.side
    given = (side != 0) & (contracts >= 1) & ~bar.session_last

    entry = bar.close - side * forced.profit_ticks
    # times side, as if long; moved where the close already touches them
    stop = jnp.minimum(side * entry - stop_ticks, side * bar.close - 1)
    target = side * entry + target_distance(params, stop_ticks)
    target = jnp.maximum(target, side * bar.close + 1)
    carried = forced.profit_ticks * contracts * rules.tick_value_cents
    opened = replace(
        state,
        side=side,
        contracts=contracts,
        entry_price=entry,
        stop_price=side * stop,
        target_price=side * target,
        initial_stop_ticks=stop_ticks,
        bars_held=forced.bars_held,
        forced=jnp.bool_(True),
        began_forced=jnp.bool_(True),
        carried_pnl_cents=carried,
        balance_cents=state.balance_cents - carried,
    )
    return jax.tree.map(lambda new, old: jnp.where(given, new, old), opened, state)


def draw_start(params: EnvParams, bits: jax.Array) -> jax.Array:
    """Start row: ``params.start_row``, or a market drawn uniformly and a start within it.

    Args:
        params: parameters and market.
        bits: (2,) uint32 random bits.

    Returns:
        () int32 row. The modulo bias is below K / 2^32 for K starts.
    """
    market = params.market
    offsets = market.start_offsets.astype(jnp.uint32)
    drawn = (bits[0] % market.num_markets).astype(jnp.int32)
    first, count = offsets[drawn], offsets[drawn + 1] - offsets[drawn]
    start = market.starts[(first + bits[1] % jnp.maximum(count, 1)).astype(jnp.int32)]
    return jnp.where(params.start_row < 0, start, params.start_row).astype(jnp.int32)


def draw_forced(params: EnvParams, row: jax.Array, bits: jax.Array) -> ForcedPosition:
    """A forced position after bar ``row`` with probability ``forced_position_ratio``.

    Random side, open profit uniform in +-1 ATR, entered 10 bars earlier in the same session.

    Args:
        params: parameters and market.
        row: () int32.
        bits: (3,) uint32 random bits.
    """
    bar = read_bar(params.market, row)
    uniform = (bits >> 8).astype(jnp.float32) * jnp.float32(2.0**-24)
    wanted = uniform[0] < params.forced_position_ratio
    side = jnp.where(uniform[1] < 0.5, 1, -1)
    # u x ATR is rounded in two steps (see round_half_up); shifted to stay non-negative
    profit = round_half_up(2.0 * uniform[2] * bar.atr) - round_half_up(bar.atr)
    return ForcedPosition(
        side=jnp.where(wanted, side, 0).astype(jnp.int32),
        profit_ticks=profit,
        bars_held=jnp.minimum(bar.session_age, FORCED_BARS_HELD).astype(jnp.int32),
    )

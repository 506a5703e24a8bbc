"""Closing a position: cash, marks and the record of the trade."""

from dataclasses import replace

import jax
import jax.numpy as jnp
from flax import struct

from futures_env.codes import ExitReason
from futures_env.core.account import Marks, floor_after_close, mark
from futures_env.core.bars import Bar
from futures_env.types import EnvParams, EnvState, Exit, Rules

TRADE_FIELDS = (
    "side",
    "contracts",
    "entry_price",
    "stop_price",
    "target_price",
    "initial_stop_ticks",
    "bars_held",
    "trailing",
    "break_even_moved",
    "entry_commission_cents",
    "forced",
    "carried_pnl_cents",
    "rewarded_management",
)
"""EnvState fields that describe the open trade; all 0 when flat."""


@struct.dataclass(kw_only=True)
class ClosedTrade:
    """The trade closed in this step; ``net_cents`` is 0 when none was. Leaves 0-d."""

    closed: jax.Array  # bool
    net_cents: jax.Array  # int32, after both sides' commission, as charged
    commission_cents: jax.Array  # int32, of the exit side
    breached: jax.Array  # bool, the balance after the exit is at or under the floor


def settle(
    params: EnvParams, rules: Rules, state: EnvState, next_bar: Bar, exit_: Exit, marks: Marks
) -> tuple[EnvState, ClosedTrade]:
    """Book an exit (or carry the position to the close) and mark the account."""
    closed = exit_.reason != ExitReason.NONE
    unit = state.side * state.contracts * rules.tick_value_cents
    gross = (exit_.price - state.entry_price) * unit
    commission = state.contracts * rules.commission_cents
    net = gross - commission - state.entry_commission_cents - state.carried_pnl_cents

    balance = jnp.where(closed, state.balance_cents + gross - commission, state.balance_cents)
    open_pnl = jnp.where(closed, 0, (next_bar.close - state.entry_price) * unit)
    marks = mark(params, rules, marks, balance, closed)
    breached = closed & (balance <= marks.floor)
    floor = floor_after_close(params, rules, marks.floor, balance, next_bar)

    cleared = {
        name: jnp.where(closed, jnp.zeros_like(value), value)
        for name in TRADE_FIELDS
        for value in (getattr(state, name),)
    }
    state = replace(
        state,
        **cleared,
        balance_cents=balance,
        equity_cents=balance + open_pnl,
        high_water_mark_cents=marks.high_water,
        floor_cents=floor,
    )
    trade = ClosedTrade(
        closed=closed,
        net_cents=jnp.where(closed, net, 0),
        commission_cents=jnp.where(closed, commission, 0),
        breached=breached,
    )
    return state, trade

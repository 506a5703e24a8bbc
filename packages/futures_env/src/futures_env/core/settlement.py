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
    side = jnp.where(exit_.reason != ExitReason.NONE, 0, state.side)
    closed = (state.side != 0) & (side == 0)  # told by the side: see left_with()
    commission = state.contracts * rules.commission_cents
    proceeds = profit_cents(rules, state, exit_.price) - commission
    balance = jnp.where(closed, state.balance_cents + proceeds, state.balance_cents)
    net = balance - state.balance_cents - state.entry_commission_cents - state.carried_pnl_cents

    marks = mark(params, rules, marks, balance, closed)
    breached = closed & (balance <= marks.floor)
    floor = floor_after_close(params, rules, marks.floor, balance, next_bar)

    state = left_with(state, side)
    state = replace(
        state,
        balance_cents=balance,
        equity_cents=balance + profit_cents(rules, state, next_bar.close),
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


def profit_cents(rules: Rules, state: EnvState, price: jax.Array) -> jax.Array:
    """Open profit in cents at ``price``, before commission; 0 when flat. () int32."""
    return state.open_profit_ticks(price) * state.contracts * rules.tick_value_cents


def left_with(state: EnvState, side: jax.Array) -> EnvState:
    """``state`` with this side, and without its trade where that is 0.

    What follows from an exit is told by the side that is left, not by the exit. XLA computes each
    result in a loop of its own on the CPU; told by the exit, each would walk the bar once more.
    """
    left = {
        name: jnp.where(side != 0, value, jnp.zeros_like(value))
        for name in TRADE_FIELDS
        for value in (getattr(state, name),)
    }
    return replace(state, **left | {"side": side})

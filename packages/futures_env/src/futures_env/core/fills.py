"""What happens to a position inside one bar: the walk over the points of the bar.

Everything here is in prices times side, so that both sides read as a long position: favourable is
up, the stop lies below, the target above.
"""

import jax
import jax.numpy as jnp
from flax import struct

from futures_env.codes import ExitReason, ExtremeOrder
from futures_env.core.account import Marks, mark
from futures_env.core.bars import Bar
from futures_env.core.select import select
from futures_env.core.units import INT32_MAX, ceil_div
from futures_env.types import EnvParams, EnvState, Exit, Rules


@struct.dataclass(kw_only=True)
class Position:
    """An open position in prices times side. Leaves 0-d int32; ``unit`` = cents per tick."""

    entry: jax.Array
    stop: jax.Array
    target: jax.Array
    unit: jax.Array
    balance: jax.Array
    daily_level: jax.Array  # equity that reaches the daily limit, in cents

    def equity(self, price: jax.Array) -> jax.Array:
        """Equity in cents at ``price`` (times side)."""
        return self.balance + (price - self.entry) * self.unit

    def price_at(self, equity: jax.Array) -> jax.Array:
        """First price, going down, at which equity is at or under ``equity``."""
        return self.entry - ceil_div(self.balance - equity, jnp.maximum(self.unit, 1))


@struct.dataclass(kw_only=True)
class Leg:
    """What the adverse leg from ``start`` down meets first. Leaves 0-d."""

    start: jax.Array  # int32, price times side
    floor: jax.Array  # int32, cents, in force on the leg
    stop: jax.Array  # bool, the stop acts first
    money: jax.Array  # bool, the floor or the daily limit acts first


def position_of(rules: Rules, state: EnvState) -> Position:
    """The open position in prices times side."""
    has_limit = rules.daily_loss_cents > 0
    return Position(
        entry=state.side * state.entry_price,
        stop=state.side * state.stop_price,
        target=state.side * state.target_price,
        unit=state.contracts * rules.tick_value_cents,
        balance=state.balance_cents,
        # without a limit: a level that no equity reaches and that cannot overflow
        daily_level=jnp.where(
            has_limit, state.session_start_cents - rules.daily_loss_cents, -(INT32_MAX // 4)
        ),
    )


def walk_leg(position: Position, floor: jax.Array, start: jax.Array, end: jax.Array) -> Leg:
    """Which kind of level acts first on the adverse leg from ``start`` down to ``end``.

    A money level comes before the stop when it is reached one tick above it: at equal prices the
    stop acts. No price is needed to tell, so no division.
    """
    level = jnp.maximum(floor, position.daily_level)
    before_stop = position.equity(jnp.maximum(position.stop + 1, end)) <= level
    return Leg(
        start=start, floor=floor, money=before_stop, stop=~before_stop & (position.stop >= end)
    )


def money_exit(position: Position, leg: Leg) -> tuple[jax.Array, jax.Array]:
    """(reason, price) of the floor or daily limit that acts on ``leg``.

    A level already passed at the leg's start acts there; at equal prices the floor acts.
    """
    level = jnp.maximum(leg.floor, position.daily_level)
    price = jnp.minimum(position.price_at(level), leg.start)
    liquidated = position.equity(price) <= leg.floor
    reason = jnp.where(
        liquidated, jnp.int8(ExitReason.LIQUIDATION), jnp.int8(ExitReason.DAILY_LOSS_LIMIT)
    )
    return reason, price


def exit_at_open(
    position: Position, floor: jax.Array, opening: jax.Array, carried: jax.Array
) -> jax.Array:
    """Reason for which a position ends at the open of the bar. () int8."""
    equity = position.equity(opening)
    return select(
        [
            carried & (opening <= position.stop),
            equity <= floor,
            equity <= position.daily_level,
            carried & (opening >= position.target),
        ],
        [
            jnp.int8(ExitReason.STOP),
            jnp.int8(ExitReason.LIQUIDATION),
            jnp.int8(ExitReason.DAILY_LOSS_LIMIT),
            jnp.int8(ExitReason.TARGET),
        ],
        jnp.int8(ExitReason.NONE),
    )


def walk(
    params: EnvParams, rules: Rules, state: EnvState, next_bar: Bar, entered: jax.Array
) -> tuple[Exit, Marks]:
    """Walk a position through ``next_bar``: at most one exit, and the marks on the way.

    Args:
        entered: () bool, the position was opened at the open of ``next_bar``.

    Returns:
        The exit (reason NONE for a flat account or a position still open) and the marks up to
        the exit; the exit fill itself is marked by the caller.
    """
    side = state.side
    in_position = side != 0
    position = position_of(rules, state)
    opening, close = side * next_bar.open, side * next_bar.close
    favourable = jnp.where(side > 0, next_bar.high, -next_bar.low)
    adverse = jnp.where(side > 0, next_bar.low, -next_bar.high)
    order = next_bar.extreme_order
    known = order != ExtremeOrder.UNKNOWN
    favourable_first = known & ((order == ExtremeOrder.HIGH_FIRST) == (side > 0))
    adverse_first = known & ~favourable_first
    stop_in_doubt = ~known & (adverse <= position.stop)

    def marked(marks: Marks, price: jax.Array, when: jax.Array) -> Marks:
        return mark(params, rules, marks, position.equity(price), when & in_position)

    none = jnp.int8(ExitReason.NONE)
    marks = Marks(high_water=state.high_water_mark_cents, floor=state.floor_cents)
    at_open = exit_at_open(position, marks.floor, opening, ~entered)
    still_open = at_open == none
    marks = marked(marks, opening, still_open)

    # First leg, open -> adverse extreme. With the order unknown a stop on it has to wait: the
    # worse course for the account touches the favourable extreme first.
    first = walk_leg(position, marks.floor, opening, adverse)
    walked = still_open & ~favourable_first
    first_money = walked & first.money
    first_stop = walked & first.stop & known
    still_open &= ~(first_money | first_stop)

    fill_from = position.target + jnp.asarray(params.target_through_ticks, jnp.int32)
    target_filled = still_open & (favourable >= fill_from) & ~stop_in_doubt
    still_open &= ~target_filled
    peak = jnp.minimum(favourable, fill_from - 1)
    marks = marked(marks, peak, still_open)

    last = walk_leg(position, marks.floor, peak, jnp.where(adverse_first, close, adverse))
    last_money, last_stop = still_open & last.money, still_open & last.stop
    at_close = still_open & ~last.money & ~last.stop & next_bar.session_last

    acting = jax.tree.map(lambda one, other: jnp.where(first_money, one, other), first, last)
    money_reason, money_price = money_exit(position, acting)
    stop_slippage = rules.stop_slippage_ticks
    reason, price = _first_of(
        (at_open != none, at_open,
         jnp.where(at_open == ExitReason.TARGET, position.target, opening - stop_slippage)),
        (first_money | last_money, money_reason, money_price - stop_slippage),
        (first_stop | last_stop, jnp.int8(ExitReason.STOP), position.stop - stop_slippage),
        (target_filled, jnp.int8(ExitReason.TARGET), position.target),
        (at_close, jnp.int8(ExitReason.SESSION_CLOSE), close - rules.slippage_ticks),
    )  # fmt: skip
    left = in_position & (reason != none)
    return Exit(reason=jnp.where(left, reason, none), price=jnp.where(left, side * price, 0)), marks


def _first_of(
    *cases: tuple[jax.Array, jax.Array, jax.Array],
) -> tuple[jax.Array, jax.Array]:
    """(reason, price) of the first case whose condition holds, else (NONE, 0)."""
    conditions, reasons, prices = zip(*cases, strict=True)
    reason = select(conditions, reasons, jnp.int8(ExitReason.NONE))
    return reason, select(conditions, prices, 0)

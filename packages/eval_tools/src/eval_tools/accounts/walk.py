"""Section 6 of the market rules in NumPy: what ends a trade inside a bar, and what is marked.

Every bar is judged on its own, from the account as it was recorded before it: (N,) arrays in, (N,)
arrays out. Prices are times side, so that up is favourable; a level acts when it is touched.
"""

from dataclasses import dataclass

import numpy as np

from eval_tools.accounts.path import AccountPath, Flags, Ints, before
from futures_env.codes import ExitReason

NEVER = np.iinfo(np.int64).min // 4
"""A price or an amount that nothing reaches."""


@dataclass(frozen=True, kw_only=True)
class Trade:
    """The position in each bar; prices times side, ``unit`` in cents per tick, 0 when flat."""

    open: Flags  # a position exists in the bar
    carried: Flags  # it was opened in an earlier one
    side: Ints
    unit: Ints
    entry: Ints
    stop: Ints
    target: Ints
    balance: Ints  # after the entry's commission

    def equity(self, price: Ints) -> Ints:
        """Equity in cents at a price."""
        return self.balance + (price - self.entry) * self.unit

    def price_at(self, equity: Ints) -> Ints:
        """Highest price with no more equity than this; ``NEVER`` for an amount nothing reaches."""
        ticks = (equity - self.balance) // np.maximum(self.unit, 1)
        return np.where(equity == NEVER, NEVER, self.entry + ticks)


@dataclass(frozen=True, kw_only=True)
class Walked:
    """What each bar did: reason and price (in ticks, 0 without an exit) of the exit, and the peak.

    ``peak`` is the highest equity marked before the exit itself, ``NEVER`` where none was.
    """

    reason: Ints
    price: Ints
    peak: Ints


def trade_of(path: AccountPath) -> Trade:
    """The position held in each bar of ``path``."""
    held = path.position
    entry = np.maximum(held, 0)
    is_open = held >= 0
    side = np.where(is_open, path.entry_side[entry], 0)
    contracts = path.entry_contracts[entry]
    commission = path.entry_contracts * path.terms.commission_cents
    return Trade(
        open=is_open,
        carried=is_open & (held < np.arange(len(path))),
        side=side,
        unit=np.where(is_open, contracts * path.terms.tick_value_cents, 0),
        entry=side * path.entry_price[entry],
        stop=side * path.stop_price,
        target=side * path.entry_price[entry] + path.entry_target[entry],
        balance=path.balance_before - np.where(path.entered, commission, 0),
    )


def walk(path: AccountPath, trade: Trade, floors: "Floors", daily: Ints) -> Walked:
    """Walk every bar in which a position exists.

    Args:
        path: the recorded account.
        trade: see ``trade_of``.
        floors: floor before each bar, and how it follows a mark.
        daily: (N,) equity that reaches the daily loss limit, ``NEVER`` without one.
    """
    bar = _seen(path, trade.side)
    at_open = _at_open(trade, bar.open, floors.start, daily)
    alive = trade.open & (at_open == ExitReason.NONE)
    first_mark = np.where(alive, trade.equity(bar.open), NEVER)

    # leg from the open to the adverse extreme; an unknown stop waits until the peak was marked
    floor = floors.after(first_mark)
    leg_reason, leg_price = _leg(trade, bar.open, bar.adverse, floor, daily)
    stops_here = leg_reason == ExitReason.STOP
    on_first = alive & ~bar.favourable_first & (leg_reason != ExitReason.NONE)
    on_first &= ~stops_here | bar.order_known
    alive &= ~on_first

    doubtful = ~bar.order_known & (bar.adverse <= trade.stop)
    fills_from = trade.target + path.terms.target_through_ticks
    at_target = alive & (bar.favourable >= fills_from) & ~doubtful
    alive &= ~at_target
    peak_price = np.minimum(bar.favourable, fills_from - 1)
    peak = np.maximum(first_mark, np.where(alive, trade.equity(peak_price), NEVER))

    # leg from there to the close where the adverse extreme lies behind, else to that extreme
    end = np.where(bar.adverse_first, bar.close, bar.adverse)
    last_reason, last_price = _leg(trade, peak_price, end, floors.after(peak), daily)
    on_last = alive & (last_reason != ExitReason.NONE)
    at_close = alive & ~on_last & path.session_last

    stop_slip, slip = path.terms.stop_slippage_ticks, path.terms.slippage_ticks
    opened_out = trade.open & (at_open != ExitReason.NONE)
    open_price = np.where(at_open == ExitReason.TARGET, trade.target, bar.open - stop_slip)
    cases = [opened_out, on_first, at_target, on_last, at_close]
    reason = np.select(
        cases, [at_open, leg_reason, ExitReason.TARGET, last_reason, ExitReason.SESSION_CLOSE], 0
    )
    price = np.select(
        cases,
        [open_price, leg_price - stop_slip, trade.target, last_price - stop_slip, bar.close - slip],
        0,
    )
    return Walked(reason=reason, price=price * trade.side, peak=peak)


@dataclass(frozen=True, kw_only=True)
class Floors:
    """The floor before each bar, in cents, and how far a mark may raise it.

    ``distance`` is ``None`` where marks raise nothing: end-of-day and static accounts.
    """

    start: Ints
    distance: int | None
    lock: int | None

    def after(self, peak: Ints) -> Ints:
        """The floor after equity was marked as high as ``peak``."""
        if self.distance is None:
            return self.start
        return np.maximum(self.start, self.locked(peak - self.distance))

    def locked(self, floor: Ints) -> Ints:
        """No higher than the lock."""
        return floor if self.lock is None else np.minimum(floor, self.lock)


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """Bars as a long position sees them."""

    open: Ints
    favourable: Ints
    adverse: Ints
    close: Ints
    order_known: Flags
    favourable_first: Flags
    adverse_first: Flags


def _seen(path: AccountPath, side: Ints) -> _Seen:
    high, low = side * path.high, side * path.low
    known = path.extreme_order != 0
    favourable_first = path.extreme_order == np.where(side > 0, 2, 1)
    return _Seen(
        open=side * path.open,
        favourable=np.maximum(high, low),
        adverse=np.minimum(high, low),
        close=side * path.close,
        order_known=known,
        favourable_first=favourable_first,
        adverse_first=known & ~favourable_first,
    )


def _at_open(trade: Trade, opening: Ints, floor: Ints, daily: Ints) -> Ints:
    """Reason for which a position ends at the open of the bar."""
    equity = trade.equity(opening)
    return np.select(
        [
            trade.carried & (opening <= trade.stop),
            equity <= floor,
            equity <= daily,
            trade.carried & (opening >= trade.target),
        ],
        [ExitReason.STOP, ExitReason.LIQUIDATION, ExitReason.DAILY_LOSS_LIMIT, ExitReason.TARGET],
        ExitReason.NONE,
    )


def _leg(trade: Trade, start: Ints, end: Ints, floor: Ints, daily: Ints) -> tuple[Ints, Ints]:
    """(reason, price) of the first level on the way down from ``start`` to ``end``.

    A level above the start acts at the start; of equal prices the stop, then the floor.
    """
    levels = [
        (ExitReason.STOP, np.minimum(trade.stop, start)),
        (ExitReason.LIQUIDATION, np.minimum(trade.price_at(floor), start)),
        (ExitReason.DAILY_LOSS_LIMIT, np.minimum(trade.price_at(daily), start)),
    ]
    prices = np.stack([price for _, price in levels])
    first = prices.argmax(axis=0)  # the first of equal ones
    price = prices.max(axis=0)
    reasons = np.array([reason for reason, _ in levels])
    return np.where(price >= end, reasons[first], ExitReason.NONE), price


def peaks_after(path: AccountPath, walked: Walked, balance: Ints) -> Ints:
    """(N,) high-water mark after each bar: before it, its marks, the balance after its exit."""
    earlier = before(path.high_water_mark, path.opening.high_water_mark)
    filled = np.where(walked.reason != ExitReason.NONE, balance, NEVER)
    return np.maximum(earlier, np.maximum(walked.peak, filled))

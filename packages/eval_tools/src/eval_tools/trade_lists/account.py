"""A trade list in an account: marks, floor and limits bar by bar, overlapping lots summed.

Every lot takes the worse order in the bars of its entry and its exit: it may have seen the
extremes before, between or after its fills. In a bar without a fill the extremes come in the order
that finer data gave, else the best first, which raises the floor, and then the worst.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from eval_tools.accounts.checker import lock_of
from eval_tools.accounts.path import AccountPath, Flags, Ints, Terms, before, cents, opening_of
from eval_tools.accounts.tiers import tiers_in_force
from eval_tools.rollout.accounts import HostBars
from eval_tools.trade_lists.lots import Lots
from futures_env.accounts.rules import AccountRules
from futures_env.codes import AccountStatus, DrawdownMode, ExitReason


@dataclass(frozen=True, kw_only=True)
class Marks:
    """Equity in cents of N bars; ``points``, (N, 3): the two extremes in their order, the close."""

    balance: Ints
    points: Ints

    @property
    def worst(self) -> Ints:
        """(N,) lowest equity of each bar."""
        return self.points.min(axis=1)


def account_of(
    lots: Lots, bars: HostBars, rules: AccountRules, terms: Terms, first: int, last: int
) -> AccountPath:
    """The account of the lots between two rows of the market, both included, to its failure.

    A daily loss limit closes what is open at the worse extreme of the bar, with the stop's
    slippage, and drops what the list enters later in that session. Behind a failure nothing is
    traded.

    Args:
        lots: of the whole list; those that begin outside of the rows are not traded.
        bars: of the market.
        rules: of the account.
        terms: costs of the market.
        first, last: rows.
    """
    lots = lots.take((lots.entry_row >= first) & (lots.entry_row <= last))
    start = cents(rules.start_balance)
    while True:
        marks = marks_of(lots, bars, start, first, last)
        path = _path(lots, marks, bars, rules, terms, first, last)
        hit = _first_limit(path, marks.worst[: len(path)], lots, rules, first)
        if hit is None:
            return path
        if rules.daily_loss_hard:
            status = path.status.copy()
            status[hit:] = AccountStatus.FAILED_DAILY_LOSS
            return replace(path, status=status).until(hit + 1)
        lots = _closed_at_limit(lots, path, bars, first + hit, terms)


def _first_limit(
    path: AccountPath, worst: Ints, lots: Lots, rules: AccountRules, first: int
) -> int | None:
    """The first bar that reaches the daily limit with something open or entered behind it."""
    _, limit = tiers_in_force(rules, path.session_start)
    reached = (limit > 0) & (path.session_start - worst >= limit)
    session = path.session
    for bar in np.flatnonzero(reached):
        rows = lots.exit_row - first
        inside = (rows > bar) & (rows < len(session))
        if (session[rows[inside]] == session[bar]).any():
            return int(bar)
    return None


def _closed_at_limit(lots: Lots, path: AccountPath, bars: HostBars, row: int, terms: Terms) -> Lots:
    """Without what the session's limit forbids: open lots end in the bar at its worse extreme."""
    same_session = bars.session[lots.exit_row] == bars.session[row]
    dropped = same_session & (lots.entry_row > row)
    ended = same_session & (lots.entry_row <= row) & (lots.exit_row > row)
    slip = terms.stop_slippage_ticks
    low, high = (int(bars.columns[name][row]) for name in ("low", "high"))
    price = np.where(lots.side > 0, low - slip, high + slip)
    return replace(
        lots,
        exit_row=np.where(ended, row, lots.exit_row),
        exit_price=np.where(ended, price, lots.exit_price),
        stopped=lots.stopped | ended,
    ).take(~dropped)


def marks_of(lots: Lots, bars: HostBars, start: int, first: int, last: int) -> Marks:
    """Balance and equity of every bar, from ``start`` cents."""
    n = last - first + 1
    entry, exit_ = lots.entry_row - first, lots.exit_row - first
    unit = lots.side * lots.contracts * lots.tick_value_cents
    basis = unit * lots.entry_price
    realized = unit * (lots.exit_price - lots.entry_price) - lots.exit_fee

    def at(rows: Ints, values: Ints) -> Ints:
        return _summed(rows, values, n)

    balance = start + np.cumsum(at(entry, -lots.entry_fee) + at(exit_, realized))
    held = [np.cumsum(at(entry, one) - at(exit_, one)) for one in (unit, basis)]
    gone = np.maximum(exit_, entry + 1)
    through = [np.cumsum(at(entry + 1, one) - at(gone, one)) for one in (unit, basis)]
    begun = before(balance, start)
    window = slice(first, last + 1)
    prices = {
        name: bars.columns[name][window].astype(np.int64) for name in ("low", "high", "close")
    }
    fills = at(entry, np.ones_like(entry)) + at(exit_, np.ones_like(exit_))
    extremes = {
        (name, choose): begun
        + through[0] * prices[name]
        - through[1]
        + _fill_bars(lots, entry, exit_, prices[name], realized, choose)
        for name in ("low", "high")
        for choose in (np.minimum, np.maximum)
    }
    first_, second = _in_order(extremes, bars.columns["extreme_order"][window], fills > 0)
    close = balance + held[0] * prices["close"] - held[1]
    return Marks(balance=balance, points=np.stack([first_, second, close], axis=1))


def _in_order(extremes: dict, order: Ints, filled: Flags) -> tuple[Ints, Ints]:
    """Equity at the extreme that came first and at the other; unknown: the best, then the worst."""
    low_worst, low_best = extremes["low", np.minimum], extremes["low", np.maximum]
    high_worst, high_best = extremes["high", np.minimum], extremes["high", np.maximum]
    known = (order != 0) & ~filled
    low_first = order == 1
    best, worst = np.maximum(low_best, high_best), np.minimum(low_worst, high_worst)
    first = np.where(known, np.where(low_first, low_worst, high_worst), best)
    second = np.where(known, np.where(low_first, high_worst, low_worst), worst)
    return first, second


def _fill_bars(
    lots: Lots,
    entry: Ints,
    exit_: Ints,
    price: Ints,
    realized: Ints,
    choose: Callable[[Ints, Ints], Ints],
) -> Ints:
    """What lots add in the bars of their fills, each as bad (or as good) as it may have been."""
    unit = lots.side * lots.contracts * lots.tick_value_cents
    same = entry == exit_
    zero = np.zeros_like(entry)
    begun = choose(zero, unit * (price[entry] - lots.entry_price) - lots.entry_fee)
    seen = price[exit_]
    floored = np.where(lots.side > 0, np.maximum(seen, lots.exit_price),
                       np.minimum(seen, lots.exit_price))  # fmt: skip
    still = unit * (np.where(lots.stopped, floored, seen) - lots.entry_price)
    ended = choose(still, realized)
    whole = choose(zero, choose(still, realized) - lots.entry_fee)
    n = len(price)
    return _summed(entry, np.where(same, whole, begun), n) + _summed(
        exit_, np.where(same, 0, ended), n
    )


def _summed(rows: Ints, values: Ints, n: int) -> Ints:
    """(n,) sums of the values by row; rows behind the end are left out."""
    total = np.zeros(n + 1, np.int64)
    np.add.at(total, np.minimum(rows, n), values)
    return total[:n]


def _path(
    lots: Lots,
    marks: Marks,
    bars: HostBars,
    rules: AccountRules,
    terms: Terms,
    first: int,
    last: int,
) -> AccountPath:
    """The recorded account of the marks, cut after its failure."""
    window = slice(first, last + 1)
    columns = {name: bars.columns[name][window] for name in _BAR_COLUMNS}
    n = last - first + 1
    opening = opening_of(rules)
    entry, exit_ = lots.entry_row - first, lots.exit_row - first
    size = np.cumsum(_summed(entry, lots.contracts, n) - _summed(exit_, lots.contracts, n))
    most = np.maximum(before(size, 0), 0) + _summed(entry, lots.contracts, n)
    was, is_ = before(size, 0) > 0, size > 0
    entered = _summed(entry, np.ones_like(entry), n) > 0
    begins = entered & ~was
    ends = ~is_ & (was | begins)
    peak = np.maximum.accumulate(np.append(opening.high_water_mark, marks.points.ravel()))[1:]
    floor = _floors(rules, marks, columns["session_last"], peak, opening.floor)
    path = AccountPath(
        terms=terms,
        opening=opening,
        first_date=int(columns["date"][0]),
        **{
            name: column.astype(np.int64)
            for name, column in columns.items()
            if name != "session_last"
        },
        session_last=columns["session_last"],
        entry_side=np.where(begins, 1, 0),
        entry_price=columns["open"].astype(np.int64),
        entry_contracts=np.where(entered, most, 0),
        entry_stop=np.zeros(n, np.int64),
        entry_target=np.zeros(n, np.int64),
        stop_price=np.zeros(n, np.int64),
        exit_reason=np.where(ends, ExitReason.SESSION_CLOSE, 0).astype(np.int64),
        exit_price=columns["close"].astype(np.int64),
        balance=marks.balance,
        equity=marks.points[:, 2],
        high_water_mark=peak.reshape(n, 3)[:, 2],
        floor=floor.reshape(n, 3)[:, 2],
        status=np.zeros(n, np.int64),
    )
    breached = np.any(marks.points <= floor.reshape(n, 3), axis=1)
    return _failed(path, rules, np.asarray(breached))


_BAR_COLUMNS = ("open", "high", "low", "close", "extreme_order", "date", "session", "session_last")


def _floors(
    rules: AccountRules, marks: Marks, session_last: Flags, peak: Ints, opening: int
) -> Ints:
    """(3 N,) floor at every mark; an end-of-day one rises behind the session's close."""
    lock = lock_of(rules)
    limit = np.iinfo(np.int64).max if lock is None else lock
    distance = cents(rules.drawdown)
    if rules.drawdown_mode == DrawdownMode.INTRADAY:
        return np.maximum(opening, np.minimum(peak - distance, limit))
    if rules.drawdown_mode == DrawdownMode.STATIC:
        return np.full(len(peak), opening, np.int64)
    closing = np.where(session_last, np.minimum(marks.balance - distance, limit), opening)
    return np.repeat(before(np.maximum.accumulate(np.maximum(closing, opening)), opening), 3)


def _failed(path: AccountPath, rules: AccountRules, breached: Flags) -> AccountPath:
    """The path to its failure, with the status of its end."""
    late = (rules.max_days > 0) & (path.date - path.first_date >= rules.max_days)
    failed = np.flatnonzero(breached | late)
    if not failed.size:
        return path
    bar = int(failed[0])
    code = AccountStatus.FAILED_DRAWDOWN if breached[bar] else AccountStatus.FAILED_TIME
    status = path.status.copy()
    status[bar:] = code
    return replace(path, status=status).until(bar + 1)

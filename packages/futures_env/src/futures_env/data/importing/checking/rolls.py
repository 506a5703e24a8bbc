"""One contract at a time: spreads rejected, the front by yesterday's volume, rolls recorded."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from futures_env.data import calendar
from futures_env.data.bars import Bars, chain_adjustment
from futures_env.data.importing.checking.checks import apply
from futures_env.data.importing.checking.raw import RawTable, ticks
from futures_env.data.importing.names import expiry, is_spread, root, series_of
from futures_env.data.importing.report import Policy, Report, Roll
from futures_env.market.instruments import Instrument


def single_contract(
    table: RawTable, spec: Instrument, policy: dict[str, Policy], report: Report
) -> Bars:
    """Choose the front contract of every session and turn the rows into ``Bars``.

    The front is the contract with the largest volume of the session before, never an earlier
    expiry than the one held; index futures leave the expiring contract on its roll date at the
    latest. Both are known before the session begins. Contracts change between sessions only. A
    series such as ``NQ.c.0`` has changed already: a session is of the contract that it ends with,
    which the vendor's rule settles before.

    Raises:
        ValueError: contracts whose order cannot be told, or a policy of ``raise``.
    """
    _check_names(table)
    spread = np.array([is_spread(name) for name in table.names], bool)[table.contract]
    table = apply(table, "spread", spread, policy, report, spec)
    if not len(table):
        raise ValueError("there are no rows of an outright contract")
    day, _ = calendar.trading_day(table.minute)
    front = _fronts(table, day, spec)
    days, index = np.unique(day, return_inverse=True)
    other = table.contract != front[index]
    kept = apply(table, "other_contract", other, policy, report, spec)
    if len(kept) == len(table) and other.any():
        raise ValueError("policy for other_contract: such rows cannot be kept; use raise or drop")
    kept = kept.take(np.argsort(kept.minute, kind="stable"))
    changes = np.flatnonzero(np.diff(front)) + 1
    segment = np.searchsorted(days[changes], calendar.trading_day(kept.minute)[0], side="right")
    prices = {
        name: ticks(getattr(kept, name), spec.tick_size)
        for name in ("open", "high", "low", "close")
    }
    adjustment = chain_adjustment(prices["open"], prices["close"], segment)
    for number, change in enumerate(changes.tolist()):
        old, new = int(front[change - 1]), int(front[change])
        first = int(np.searchsorted(segment, number + 1))
        step = _basis(table, day, old, new, days[change - 1], spec.tick_size)
        if step is None:
            step = int(adjustment[first - 1] - adjustment[first])
        else:
            adjustment[first:] += adjustment[first - 1] - step - adjustment[first]
        when = str(days[change].astype("datetime64[D]"))
        report.rolls.append(Roll(when, table.names[old], table.names[new], step))
    return Bars(
        symbol=spec.symbol,
        minute=kept.minute,
        **prices,
        volume=kept.volume,
        extreme_order=kept.extreme_order,
        segment=segment.astype(np.int64),
        adjustment=adjustment,
        contracts=tuple(table.names[i] for i in [front[0], *front[changes]]),
        bar_minutes=table.bar_seconds // 60,
        source=report.source,
        synthetic=False,
        early_close=(),
    )


def _check_names(table: RawTable) -> None:
    """Refuse a row whose symbol is no contract of the root that the other rows are of.

    Raises:
        ValueError: naming the first such row of the rarest symbol.
    """
    if len(series := set(map(series_of, table.names))) == 1 and "" not in series:
        return
    counts = np.bincount(table.contract, minlength=len(table.names))
    outright = [number for number, name in enumerate(table.names) if not is_spread(name)]
    if len(outright) < 2:
        return
    usual = root(table.names[max(outright, key=counts.__getitem__)])
    for number in outright:
        name = table.names[number]
        if not usual or root(name) != usual:
            at = int((table.contract == number).argmax())
            raise ValueError(
                f"{table.at(at)}: symbol {name[:40]!r} is not a contract such as {usual or 'NQ'}H5 "
                f"({counts[number]} such rows); repair or remove them, or give one file a contract"
            )


def roll_date(year: int, month: int) -> int:
    """Monday before the third Friday, in days since 1970-01-01: the exchange's roll date of the
    index futures, after which the expiring contract is thin."""
    first = calendar.days(date(year, month, 1))
    third_friday = first + (4 - (first + 3) % 7) % 7 + 14
    return third_friday - 4


def _fronts(table: RawTable, day: NDArray[np.int64], spec: Instrument) -> NDArray[np.int64]:
    """Front contract of each trading day that has bars."""
    days, index = np.unique(day, return_inverse=True)
    volume = np.zeros((len(days), len(table.names)))
    np.add.at(volume, (index, table.contract), table.volume)
    present = np.zeros(volume.shape, bool)
    present[index, table.contract] = True
    if (present.sum(axis=1) == 1).all():
        return present.argmax(axis=1)  # one contract a session: nothing to choose
    if series_of(table.names[0]):
        return _last_of_each(table, index)
    near = date.fromordinal(date(1970, 1, 1).toordinal() + int(days[0])).year
    used = np.flatnonzero(present.any(axis=0)).tolist()
    expiries = {c: expiry(table.names[c], near) for c in used}
    is_index = calendar.GROUPS[spec.exchange] == "equity"
    fronts = np.zeros(len(days), np.int64)
    # nothing is known before the first session: the nearest expiry is the front by convention
    held = min(np.flatnonzero(present[0]).tolist(), key=expiries.__getitem__)
    for number, today in enumerate(days.tolist()):
        there = [c for c in used if present[number, c] and expiries[c] >= expiries[held]]
        later = [c for c in there if expiries[c] > expiries[held]]
        if is_index and later and today >= roll_date(*expiries[held]):
            there = later
        if number and there:
            yesterday = volume[number - 1]
            busiest = max(there, key=lambda c: (yesterday[c], c == held))
            if yesterday[busiest] > 0.0 or held not in there:
                held = busiest
        fronts[number] = held
    return fronts


def _last_of_each(table: RawTable, index: NDArray[np.int64]) -> NDArray[np.int64]:
    """Contract of the last row of each trading day, given the day of each row."""
    last = np.zeros(index.max() + 1, np.int64)
    order = np.argsort(table.minute, kind="stable")
    last[index[order]] = table.contract[order]  # of a place given several times the last counts
    return last


def _basis(
    table: RawTable, day: NDArray[np.int64], old: int, new: int, before: np.int64, tick: float
) -> int | None:
    """Spread new - old in ticks: median over the minutes that both traded before the roll."""
    last = day == before
    one, two = (
        table.take(last & (table.contract == old)),
        table.take(last & (table.contract == new)),
    )
    _, here, there = np.intersect1d(one.minute, two.minute, return_indices=True)
    if not len(here):
        return None
    spread = np.sort(ticks(two.close[there], tick) - ticks(one.close[here], tick))
    return int(spread[len(spread) // 2])

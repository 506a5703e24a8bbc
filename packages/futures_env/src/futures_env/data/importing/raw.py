"""Bars as read from a source, in points, and the row checks."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from futures_env.data import calendar
from futures_env.data.importing.report import Finding, Policy, Report
from futures_env.market.instruments import Instrument

OFF_TICK = 1e-3
"""Largest distance from the tick grid that counts as rounding, in ticks."""
REMEDY = {
    "not_finite": "a price or volume is missing or not finite",
    "not_positive": "low is not positive",
    "malformed": "high is below, or low above, the open or the close",
    "off_tick": "a price is not a multiple of the tick size {tick}: check the symbol",
    "negative_volume": "volume is negative",
    "unordered": "timestamp is out of order",
    "duplicate": "timestamp repeats an earlier row of the same contract",
    "out_of_session": "timestamp lies in the daily break or the weekend: check the time zone",
}
"""Words for each row check."""


@dataclass(frozen=True, kw_only=True)
class RawTable:
    """Rows of a source after its layout, zone and stamp convention are resolved."""

    minute: NDArray[np.int64]  # (T,) bar start, minutes since 1970-01-01 UTC
    open: NDArray[np.float64]  # (T,) points
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    volume: NDArray[np.float64]
    contract: NDArray[np.int64]  # (T,) index into names
    names: tuple[str, ...]  # contracts; one empty name where the source has none
    row: NDArray[np.int64]  # (T,) row in the source, from 0
    bar_minutes: int

    def __len__(self) -> int:
        return len(self.minute)

    def take(self, rows: NDArray[Any]) -> "RawTable":
        """The given rows only (a mask or indices)."""
        columns = {
            name: value[rows] for name, value in vars(self).items() if isinstance(value, np.ndarray)
        }
        return replace(self, **columns)


def ticks(price: NDArray[np.float64], tick_size: float) -> NDArray[np.int64]:
    """Prices in points to whole ticks."""
    return np.rint(price / tick_size).astype(np.int64)


def _off_tick(table: RawTable, tick_size: float) -> NDArray[np.bool_]:
    off = np.zeros(len(table), bool)
    for price in (table.open, table.high, table.low, table.close):
        scaled = price / tick_size
        off |= np.abs(scaled - np.rint(scaled)) > OFF_TICK
    return off


def out_of_session(minute: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Bars that start in the daily break or at the weekend."""
    day, clock = calendar.trading_day(minute)
    return (clock >= calendar.break_clock(day)) | ((day + 3) % 7 >= 5)


def check_rows(
    table: RawTable, row: Instrument, policy: dict[str, Policy], report: Report
) -> RawTable:
    """Apply the row checks in order; later checks see what earlier ones left.

    Returns:
        The kept rows, ascending in time within each contract.

    Raises:
        ValueError: rows fail a check whose policy is ``raise``.
    """
    prices = np.stack((table.open, table.high, table.low, table.close, table.volume))
    bad = np.asarray(~np.isfinite(prices).all(axis=0))
    table = apply(table, "not_finite", bad, policy, report, row)
    if not row.may_be_negative:
        table = apply(table, "not_positive", table.low <= 0.0, policy, report, row)
    bad = (table.high < np.maximum(table.open, table.close)) | (
        table.low > np.minimum(table.open, table.close)
    )
    table = apply(table, "malformed", bad, policy, report, row)
    table = apply(table, "off_tick", _off_tick(table, row.tick_size), policy, report, row)
    table = apply(table, "negative_volume", table.volume < 0.0, policy, report, row)
    unordered = np.zeros(len(table), bool)
    for contract in np.unique(table.contract):
        own = table.contract == contract
        minute = table.minute[own]
        unordered[own] = minute < np.maximum.accumulate(minute)
    table = apply(table, "unordered", unordered, policy, report, row)
    order = np.lexsort((table.row, table.minute, table.contract))
    same = (np.diff(table.minute[order]) == 0) & (np.diff(table.contract[order]) == 0)
    repeated = np.zeros(len(table), bool)
    repeated[order[1:][same]] = True
    table = apply(table, "duplicate", repeated, policy, report, row)
    return apply(table, "out_of_session", out_of_session(table.minute), policy, report, row)


def apply(
    table: RawTable,
    check: str,
    bad: NDArray[np.bool_],
    policy: dict[str, Policy],
    report: Report,
    row: Instrument,
) -> RawTable:
    """Raise, drop or keep the bad rows by the check's policy, and report them."""
    if not bad.any():
        return table
    choice = policy[check]
    rows = table.row[bad]
    if choice == "raise":
        what = REMEDY[check].format(tick=row.tick_size)
        raise ValueError(
            f"row {int(rows[0])}: {what} ({len(rows)} such rows); repair them, or pass "
            f"policy={{{check!r}: 'drop'}}"
        )
    if choice == "keep" and check in ("not_finite", "off_tick", "duplicate", "unordered"):
        raise ValueError(f"policy for {check}: such rows cannot be kept; use raise or drop")
    report.findings.append(Finding(check, choice, rows))
    return table.take(~bad) if choice == "drop" else table

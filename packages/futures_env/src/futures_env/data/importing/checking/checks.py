"""The row checks: what cannot be a bar is refused, dropped or kept, by policy."""

import numpy as np
from numpy.typing import NDArray

from futures_env.data import calendar
from futures_env.data.importing.checking.raw import PRICES, RawTable, off_tick
from futures_env.data.importing.report import Finding, Policy, Report, waive
from futures_env.market.instruments import Instrument

KEPT_SHARE = 0.9
"""Least share of the minutes in session hours that an import keeps, unless told otherwise."""


def out_of_session(minute: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Bars that start in the daily break or at the weekend."""
    day, clock = calendar.trading_day(minute)
    return (clock >= calendar.break_clock(day)) | ((day + 3) % 7 >= 5)


def check_rows(
    table: RawTable, spec: Instrument, policy: dict[str, Policy], report: Report
) -> RawTable:
    """Apply the row checks in order; later checks see what earlier ones left.

    Returns:
        The kept rows, ascending in time within each contract of a file.

    Raises:
        ValueError: rows fail a check whose policy is ``raise``.
    """
    prices = np.stack((table.open, table.high, table.low, table.close, table.volume))
    table = apply(
        table,
        "not_finite",
        np.asarray(~np.isfinite(prices).all(axis=0)),
        policy,
        report,
        spec,
    )
    if not spec.may_be_negative:
        table = apply(table, "not_positive", table.low <= 0.0, policy, report, spec)
    bad = (table.high < np.maximum(table.open, table.close)) | (
        table.low > np.minimum(table.open, table.close)
    )
    table = apply(table, "malformed", bad, policy, report, spec)
    bad = np.any([off_tick(getattr(table, name), spec.tick_size) for name in PRICES], axis=0)
    table = apply(table, "off_tick", bad, policy, report, spec)
    table = apply(table, "negative_volume", table.volume < 0.0, policy, report, spec)
    table = apply(table, "unordered", _unordered(table), policy, report, spec)
    table = apply(table, "duplicate", _repeated(table), policy, report, spec)
    return apply(table, "out_of_session", out_of_session(table.minute), policy, report, spec)


def _group(table: RawTable) -> NDArray[np.int64]:
    """Number of the contract and file of each row."""
    return table.contract * len(table.origin.files) + table.origin.file


def _unordered(table: RawTable) -> NDArray[np.bool_]:
    """Rows stamped before an earlier row of the same contract and file."""
    group = _group(table)
    order = np.argsort(group, kind="stable")
    key = group[order] * 2**40 + table.seconds[order]
    bad = np.zeros(len(table), bool)
    bad[order] = key < np.maximum.accumulate(key)
    return bad


def _repeated(table: RawTable) -> NDArray[np.bool_]:
    """Rows with the stamp of an earlier row of the same contract and file."""
    group = _group(table)
    order = np.lexsort((table.origin.row, table.seconds, group))
    same = (np.diff(table.seconds[order]) == 0) & (np.diff(group[order]) == 0)
    repeated = np.zeros(len(table), bool)
    repeated[order[1:][same]] = True
    return repeated


def without_overlaps(table: RawTable, report: Report) -> RawTable:
    """Leave out what a later file of the same series repeats.

    Raises:
        ValueError: two files that say different things of one bar.
    """
    order = np.lexsort((table.origin.file, table.seconds, table.contract))
    one, two = order[:-1], order[1:]
    same = (table.seconds[one] == table.seconds[two]) & (table.contract[one] == table.contract[two])
    one, two = one[same], two[same]
    if not len(two):
        return table
    for name in (*PRICES, "volume"):
        values = getattr(table, name)
        differs = np.flatnonzero(values[one] != values[two])
        if len(differs):
            first, second = int(one[differs[0]]), int(two[differs[0]])
            raise ValueError(
                f"{table.at(second)}: {name} of {_time(table, second)} is {values[second]:.10g}, "
                f"in {table.at(first)} {values[first]:.10g} ({len(differs)} such rows): the "
                "files are not of one series; name them after their contracts (NQH5.csv), or leave "
                "one out"
            )
    report.decide(f"overlap = {len(two):,} rows of several files are alike, kept once")
    return table.take(np.sort(np.setdiff1d(np.arange(len(table)), two)))


def check_loss(before: RawTable, kept: int, policy: dict[str, Policy], report: Report) -> None:
    """Stop where most of what lay in session hours is gone.

    Args:
        before: the rows as they were read.
        kept: bars that are left.
        policy: ``loss``: raise or keep.
        report: of what became of the rows.

    Raises:
        ValueError: less than ``KEPT_SHARE`` of the minutes are left and the policy is ``raise``.
    """
    inside = before.minute[~out_of_session(before.minute)]
    minutes = len(np.unique(inside))
    if policy["loss"] != "raise" or kept >= KEPT_SHARE * minutes:
        return
    why = ", ".join(f"{f.check} {f.policy} {len(f.rows):,}" for f in report.findings)
    rolls = f"; {len(report.rolls)} rolls between {', '.join(before.names)[:80]}"
    raise ValueError(
        f"only {kept:,} of {minutes:,} minutes with bars in session hours are left ({why or 'none'}"
        f"{rolls if report.rolls else ''}): give the argument contract if the files are of one "
        f"series, or {waive('loss', 'keep')}"
    )


def apply(
    table: RawTable,
    check: str,
    bad: NDArray[np.bool_],
    policy: dict[str, Policy],
    report: Report,
    spec: Instrument,
) -> RawTable:
    """Raise, drop or keep the bad rows by the check's policy, and report them."""
    if not bad.any():
        return table
    choice = policy[check]
    if choice == "raise":
        first = int(bad.argmax())
        raise ValueError(
            f"{table.at(first)}: {_words(check, table, first, spec)} ({int(bad.sum())} such rows); "
            f"repair them, or {waive(check, 'drop')}"
        )
    if choice == "keep" and check in ("not_finite", "off_tick", "duplicate", "unordered"):
        raise ValueError(f"policy for {check}: such rows cannot be kept; use raise or drop")
    report.findings.append(Finding(check, choice, table.origin.take(bad)))
    return table.take(~bad) if choice == "drop" else table


def _time(table: RawTable, row: int) -> str:
    return str(np.datetime64(int(table.seconds[row]), "s")).replace("T", " ") + " UTC"


REMEDY = {
    "not_finite": "a price or volume is missing or not finite",
    "not_positive": "low is not positive",
    "malformed": "high is below, or low above, the open or the close",
    "off_tick": "a price is not a multiple of the tick size {tick}, not even rounded: check the "
    "symbol",
    "negative_volume": "volume is negative",
    "unordered": "timestamp is out of order",
    "duplicate": "timestamp repeats an earlier row of the same contract",
    "out_of_session": "timestamp lies in the daily break or the weekend: check the time zone",
    "spread": "a calendar spread",
    "other_contract": "not the front contract of its session",
}
"""Words for each check."""


def _words(check: str, table: RawTable, at: int, spec: Instrument) -> str:
    """What is wrong with a row, and the value."""
    bad = {
        "not_finite": lambda price: ~np.isfinite(price),
        "off_tick": lambda price: off_tick(price, spec.tick_size),
        "malformed": lambda price: price == price,
        "not_positive": lambda price: price <= 0.0,
    }.get(check)
    if bad:
        names = [*PRICES, "volume"] if check == "not_finite" else PRICES
        value = {name: getattr(table, name)[at] for name in names}
        shown = ", ".join(f"{name} {each:.10g}" for name, each in value.items() if bad(each))
    elif check == "negative_volume":
        shown = f"{table.volume[at]:.10g}"
    elif check in ("spread", "other_contract"):
        shown = table.names[table.contract[at]]
    else:
        shown = _time(table, at)
    return f"{REMEDY[check].format(tick=spec.tick_size)} ({shown})"

"""From a file as somebody exported it to checked ``Bars`` and a report of what was decided."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from futures_env.data import calendar
from futures_env.data.bars import Bars
from futures_env.data.importing import detect, vendors
from futures_env.data.importing.raw import RawTable, check_rows
from futures_env.data.importing.report import Finding, Policy, Report, merge_policy
from futures_env.data.importing.rolls import single_contract
from futures_env.features.pipeline import SESSIONS_BACK
from futures_env.market.info import SESSION_OPEN
from futures_env.market.instruments import Instrument, instrument

if TYPE_CHECKING:
    import pandas as pd

_LOG = logging.getLogger(__name__)
JUMP_SHARE = 0.05
"""Move between neighbouring bars of one contract, as a share of the price, that is flagged."""


def import_bars(
    path: str | Path | Sequence[str | Path],
    symbol: str = "NQ",
    *,
    vendor: str = "",
    zone: str = "",
    stamp: str = "",
    bar_minutes: int = 0,
    price_scale: float = 0.0,
    epoch_unit: str = "",
    contract: str = "",
    policy: dict[str, Policy] | None = None,
) -> tuple[Bars, Report]:
    """Read a bar file of any known vendor.

    Args:
        path: a file, a folder of LEAN zips, or several files, e.g. one per contract.
        symbol: row of the contract table.
        vendor: layout; recognised from the columns unless given.
        zone: time zone of naive stamps; found in the data unless given.
        stamp: ``"start"`` or ``"end"`` of the bar; found in the data unless given.
        bar_minutes: bar length; inferred unless given.
        price_scale: factor from the file's numbers to points; by magnitude unless given.
        epoch_unit: ``"s"``, ``"ms"``, ``"us"`` or ``"ns"`` of numeric stamps; by magnitude unless
            given.
        contract: name of the contract where a file has no such column; of several files each
            is named by the contract code its name begins with.
        policy: check -> raise, drop or keep; see ``data.importing.report.DEFAULT_POLICY``.

    Returns:
        The bars, and the report (``print(report)``; also logged at level INFO).

    Raises:
        ValueError: naming the file, the row, the field and the remedy or the argument to give.
        FileNotFoundError: no such file.
    """
    paths = [Path(path)] if isinstance(path, (str, Path)) else [Path(each) for each in path]
    if vendor and vendor not in vendors.LAYOUTS:
        known = ", ".join(vendors.LAYOUTS)
        raise ValueError(f"vendor: no such layout {vendor!r}; known: {known}")
    if not paths:
        raise ValueError("no file given")
    given = detect.Overrides(
        zone=zone,
        stamp=stamp,
        bar_minutes=bar_minutes,
        price_scale=price_scale,
        epoch_unit=epoch_unit,
    )
    report = Report(source=", ".join(each.name for each in paths))
    tables = []
    for each in paths:
        if not each.exists():
            raise FileNotFoundError(f"no such file: {each}")
        code = contract or (each.stem.split("_")[0] if len(paths) > 1 else "")
        try:
            tables.append(_read_one(each, vendor, given, report, code))
        except (ValueError, OSError, EOFError) as error:
            raise ValueError(f"{each}: {error}") from error
    try:
        bars = finish(join(tables), instrument(symbol), merge_policy(policy), report)
    except ValueError as error:
        raise ValueError(f"{report.source}: {error}") from error
    _LOG.info("%s", report)
    return bars, report


def _read_one(
    path: Path, vendor: str, given: detect.Overrides, report: Report, contract: str
) -> RawTable:
    name = vendor or vendors.recognise(path)
    report.decide(f"vendor = {name} ({'given' if vendor else 'by its columns'})")
    return raw_table(vendors.read(path, name), vendors.LAYOUTS[name], given, report, contract)


def join(tables: Sequence[RawTable]) -> RawTable:
    """Put the rows of several files after one another; rows are numbered on.

    Raises:
        ValueError: different bar lengths.
    """
    if len(tables) == 1:
        return tables[0]
    lengths = {table.bar_minutes for table in tables}
    if len(lengths) > 1:
        raise ValueError(f"the files hold bars of different lengths: {sorted(lengths)} minutes")
    names = tuple(sorted({name for table in tables for name in table.names}))
    offsets = np.cumsum([0, *(len(table) for table in tables[:-1])])
    contract = [np.array([names.index(n) for n in t.names])[t.contract] for t in tables]
    row = [table.row + offset for table, offset in zip(tables, offsets, strict=True)]
    columns = ("minute", "open", "high", "low", "close", "volume")
    return RawTable(
        **{name: np.concatenate([getattr(t, name) for t in tables]) for name in columns},
        contract=np.concatenate(contract),
        names=names,
        row=np.concatenate(row),
        bar_minutes=tables[0].bar_minutes,
    )


def raw_table(
    frame: pd.DataFrame,
    layout: vendors.Layout,
    given: detect.Overrides,
    report: Report,
    contract: str = "",
) -> RawTable:
    """Settle time, units and order of a frame read by ``vendors.read``."""
    report.rows_read += len(frame)
    frame = _without_footer(frame, report)
    if not len(frame):
        raise ValueError("there are no rows")
    minute, length = detect.bar_starts(frame, layout, given, report)
    prices = {name: _numbers(frame, name) for name in ("open", "high", "low", "close")}
    scale = detect.price_scale(prices["close"], given, report)
    if "contract" in frame.columns:
        codes, names = frame["contract"].astype(str).factorize(sort=True)
    else:
        codes, names = np.zeros(len(frame), np.int64), [contract]
    table = RawTable(
        minute=minute,
        **{name: price * scale for name, price in prices.items()},
        volume=_numbers(frame, "volume"),
        contract=np.asarray(codes, np.int64),
        names=tuple(str(name) for name in names),
        row=np.arange(len(frame)),
        bar_minutes=length,
    )
    if len(table) > 1 and (np.diff(minute) <= 0).all() and minute[0] > minute[-1]:
        report.decide("order = descending, reversed")
        return table.take(np.arange(len(table))[::-1])
    return table


def _without_footer(frame: pd.DataFrame, report: Report) -> pd.DataFrame:
    """Drop a last line that holds words and no prices."""
    if len(frame) and frame.iloc[-1][["open", "high", "low", "close"]].isna().all():
        report.decide("last line = footer, left out")
        return frame.iloc[:-1]
    return frame


def _numbers(frame: pd.DataFrame, name: str) -> np.ndarray:
    import pandas as pd

    values = pd.to_numeric(frame[name], errors="coerce")
    bad = values.isna().to_numpy() & frame[name].notna().to_numpy()
    if bad.any():
        row = int(bad.argmax())
        raise ValueError(f"row {row}: {name} is not a number: {frame[name].iloc[row]!r}")
    return values.to_numpy(dtype=np.float64)


def finish(table: RawTable, row: Instrument, policy: dict[str, Policy], report: Report) -> Bars:
    """Check rows, choose the contract, describe the sessions."""
    table = check_rows(table, row, policy, report)
    if not len(table):
        raise ValueError("no row is left after the checks")
    bars = single_contract(table, row, policy, report)
    _flag_jumps(bars, policy, report)
    _describe_sessions(bars, report)
    report.rows_kept = len(bars)
    return bars


def _flag_jumps(bars: Bars, policy: dict[str, Policy], report: Report) -> None:
    close = bars.close + bars.adjustment
    jump = np.abs(np.diff(close, prepend=close[:1])) > JUMP_SHARE * np.abs(bars.close)
    if not jump.any():
        return
    rows = np.flatnonzero(jump)
    if policy["jump"] != "keep":
        raise ValueError(
            f"bar {int(rows[0])}: close moves by more than {JUMP_SHARE:.0%} ({len(rows)} such "
            "bars); repair them, or pass policy={'jump': 'keep'}"
        )
    report.findings.append(Finding("jump", "keep", rows))


def _describe_sessions(bars: Bars, report: Report) -> None:
    """Dates, sessions lost to warm-up, and how many cash-session bars each day lacks."""
    day, clock = calendar.trading_day(bars.minute)
    days, index = np.unique(day, return_inverse=True)
    dates = days.astype("datetime64[D]").astype(str)
    report.first_date, report.last_date = str(dates[0]), str(dates[-1])
    report.sessions, report.sessions_lost = len(days), min(SESSIONS_BACK, len(days))
    opening = calendar.clock(SESSION_OPEN["rth"])
    close = np.minimum(calendar.close_clock(bars.symbol, days), calendar.CLOSE_CLOCK)
    expected = np.maximum(close - opening, 0) // bars.bar_minutes
    there = np.bincount(
        index, weights=(clock >= opening) & (clock < close[index]), minlength=len(days)
    )
    for number in np.flatnonzero(there < expected).tolist():
        lacking = int(expected[number] - there[number])
        report.holes.append(
            f"{dates[number]}: {lacking} of {expected[number]} bars from 09:30 missing"
        )

"""From files as somebody exported them to checked ``Bars`` and a report of what was decided."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from futures_env.data import calendar
from futures_env.data.bars import Bars
from futures_env.data.importing import detect
from futures_env.data.importing.checking.checks import check_loss, check_rows, without_overlaps
from futures_env.data.importing.checking.raw import PRICES, RawTable, to_minutes
from futures_env.data.importing.checking.rolls import single_contract
from futures_env.data.importing.checking.sessions import describe_sessions
from futures_env.data.importing.frames import numbers
from futures_env.data.importing.names import contract_of, is_spread, part_of, root
from futures_env.data.importing.options import ImportOptions
from futures_env.data.importing.origin import Origin
from futures_env.data.importing.reading.layouts import Layout
from futures_env.data.importing.reading.read import read_file
from futures_env.data.importing.report import Finding, Policy, Report, merge_policy, waive
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
    progress: Callable[[str], None] | None = None,
    **options: Any,
) -> tuple[Bars, Report]:
    """Read bars of any known vendor.

    Args:
        path: a file, a folder of LEAN zips, or several files: one per contract where the whole
            name of each is a contract, e.g. ``NQH5.csv``, else the parts of one series.
        symbol: row of the contract table.
        progress: told what is done next, in words.
        **options: fields of ``ImportOptions``: vendor, zone, stamp, bar_minutes, price_scale,
            epoch_unit, contract, policy, early_close.

    Returns:
        The bars, and the report (``print(report)``; also logged at level INFO).

    Raises:
        ValueError: naming the file, the row, the field and the remedy or the argument to give.
        FileNotFoundError: no such file.
    """
    given, spec = ImportOptions(**options), instrument(symbol)
    paths = [Path(path)] if isinstance(path, (str, Path)) else [Path(each) for each in path]
    if not paths:
        raise ValueError("no file given")
    for each in paths:
        if not each.exists():
            raise FileNotFoundError(f"no such file: {each}")
    report, tell = Report(source=_names(paths)), progress or (lambda _: None)
    parts = []
    for number, each in enumerate(paths, start=1):
        tell(f"reading {each.name}, file {number} of {len(paths)}")
        parts.append(_read_one(each, given, report))
    tell(f"checking {sum(len(frame) for frame, _ in parts):,} rows")
    try:
        table = join(_tables(paths, parts, given, report))
        bars = finish(table, spec, given, report)
    except ValueError as error:
        what = str(paths[0]) if len(paths) == 1 else f"{len(paths)} files"
        raise ValueError(f"{what}: {error}") from error
    _LOG.info("%s", report)
    return bars, report


def _names(paths: Sequence[Path]) -> str:
    if len(paths) > 4:
        return f"{paths[0].name} ... {paths[-1].name} ({len(paths)} files)"
    return ", ".join(path.name for path in paths)


def _read_one(path: Path, given: ImportOptions, report: Report) -> tuple[pd.DataFrame, Layout]:
    try:
        return read_file(path, given.vendor, report)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror or 'unknown'}") from error


def _tables(
    paths: Sequence[Path],
    parts: Sequence[tuple[pd.DataFrame, Layout]],
    given: ImportOptions,
    report: Report,
) -> list[RawTable]:
    """One table per way of writing: files written alike are settled together."""
    import pandas as pd

    codes = _codes(paths, [frame for frame, _ in parts], given)
    alike: dict[tuple, list[int]] = {}
    for number, (frame, layout) in enumerate(parts):
        kind = frame["stamp"].dtype if "stamp" in frame else "text"
        alike.setdefault((layout.name, str(kind)), []).append(number)
    tables = []
    for members in alike.values():
        frames = [
            frame
            if "contract" in frame or not codes[number]
            else frame.assign(contract=codes[number])
            for number in members
            for frame in [parts[number][0]]
        ]
        origins = [
            Origin.of_one(paths[number].name, len(frame))
            for number, frame in zip(members, frames, strict=True)
        ]
        frame = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
        layout = parts[members[0]][1]
        tables.append(raw_table(frame, Origin.join(origins), layout, given, report))
    return tables


def _codes(
    paths: Sequence[Path], frames: Sequence[pd.DataFrame], given: ImportOptions
) -> list[str]:
    """Contract of each file; empty where rows name their own or nothing does.

    Raises:
        ValueError: some names are contracts and some are not.
    """
    if given.contract or len(paths) == 1:
        return [given.contract] * len(paths)
    codes = [contract_of(path) for path in paths]
    unnamed = [
        path.name
        for path, code, frame in zip(paths, codes, frames, strict=True)
        if not code and "contract" not in frame
    ]
    if unnamed and any(codes):
        named = next(path.name for path, code in zip(paths, codes, strict=True) if code)
        raise ValueError(
            f"{named} is named after a contract, {unnamed[0]} is not: name all of them so, or give "
            "the argument contract"
        )
    return codes


def _named(frame: pd.DataFrame, code: str) -> pd.DataFrame:
    return frame if "contract" in frame or not code else frame.assign(contract=code)


def join(tables: Sequence[RawTable]) -> RawTable:
    """Put the rows of several tables after one another.

    Raises:
        ValueError: different bar lengths.
    """
    if len(tables) == 1:
        return tables[0]
    lengths = sorted({table.bar_seconds for table in tables})
    if len(lengths) > 1:
        shown = " and ".join(f"{length / 60:g}" for length in lengths)
        raise ValueError(f"the files hold bars of different lengths: {shown} minutes")
    names = tuple(sorted({name for table in tables for name in table.names}))
    contract = [np.array([names.index(n) for n in t.names])[t.contract] for t in tables]
    columns = ("seconds", *PRICES, "volume", "extreme_order")
    return RawTable(
        **{name: np.concatenate([getattr(t, name) for t in tables]) for name in columns},
        contract=np.concatenate(contract),
        names=names,
        origin=Origin.join([table.origin for table in tables]),
        bar_seconds=tables[0].bar_seconds,
    )


def raw_table(
    frame: pd.DataFrame, origin: Origin, layout: Layout, given: ImportOptions, report: Report
) -> RawTable:
    """Settle time, units and order of the rows of files that are written alike."""
    report.rows_read += len(frame)
    if not len(frame):
        raise ValueError("there are no rows")
    seconds, length = detect.bar_starts(frame, origin, layout, given, report)
    prices = {name: numbers(frame[name], name, origin.at) for name in PRICES}
    scale = detect.price_scale(prices["close"], given, report)
    contract, names = _contracts(frame, origin, given)
    table = RawTable(
        seconds=seconds,
        **{name: price * scale for name, price in prices.items()},
        volume=numbers(frame["volume"], "volume", origin.at),
        extreme_order=np.zeros(len(frame), np.int8),
        contract=contract,
        names=names,
        origin=origin,
        bar_seconds=length,
    )
    return _oldest_first(table, report)


def _contracts(
    frame: pd.DataFrame, origin: Origin, given: ImportOptions
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Contract of each row and the names.

    Raises:
        ValueError: a row without its symbol, or several instruments without one.
    """
    if "contract" in frame:
        missing = frame["contract"].isna().to_numpy()
        if missing.any():
            raise ValueError(
                f"{origin.at(int(missing.argmax()))}: symbol is missing; repair the row"
            )
        symbols = frame["contract"].astype(str).str.strip()
        if "instrument" in frame:
            symbols = _by_instrument(symbols, frame["instrument"])
        codes, names = symbols.factorize(sort=True)
        return np.asarray(codes, np.int64), tuple(map(str, names))
    if "instrument" in frame and frame["instrument"].nunique() > 1:
        first, second = frame["instrument"].unique()[:2]
        raise ValueError(
            f"instrument_id {first} and {second} are two contracts, and no symbol column tells "
            "which: ask the vendor for symbols, or give one file per contract, named NQH5.csv, "
            "or leave out the others and give the argument contract"
        )
    return np.zeros(len(frame), np.int64), (given.contract,)


def _by_instrument(symbols: pd.Series, instruments: pd.Series) -> pd.Series:
    """Contract of each row where a symbol is a series, which may run through several."""
    import pandas as pd

    series = {name for name in symbols.unique() if not (root(name) or is_spread(name))}
    if not series:
        return symbols
    pairs = zip(symbols, instruments.astype(str), strict=True)
    parts = [part_of(name, number) if name in series else name for name, number in pairs]
    return pd.Series(parts, symbols.index)


def _oldest_first(table: RawTable, report: Report) -> RawTable:
    """Turn files round that are written newest first."""
    order = np.arange(len(table))
    turned = 0
    bounds = np.append(np.flatnonzero(np.diff(table.origin.file)) + 1, len(table))
    for first, end in zip(np.append(0, bounds[:-1]).tolist(), bounds.tolist(), strict=True):
        steps = np.diff(table.seconds[first:end])
        if len(steps) and (steps <= 0).all() and steps.any():
            order[first:end] = order[first:end][::-1]
            turned += 1
    if not turned:
        return table
    report.decide("order = descending, reversed" + (f" ({turned} files)" if turned > 1 else ""))
    return table.take(order)


def finish(table: RawTable, spec: Instrument, given: ImportOptions, report: Report) -> Bars:
    """Check rows, choose the contract, describe the sessions."""
    policy = merge_policy(given.policy)
    checked = without_overlaps(check_rows(table, spec, policy, report), report)
    if not len(checked):
        raise ValueError("no row is left after the checks")
    bars = single_contract(to_minutes(checked), spec, policy, report)
    check_loss(table, len(bars), policy, report)
    bars = replace(bars, early_close=calendar.overrides(given.early_close))
    _flag_jumps(bars, policy, report)
    describe_sessions(bars, report)
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
            f"bars); repair them, or {waive('jump', 'keep')}"
        )
    report.findings.append(Finding("jump", "keep", Origin.of_one("", len(bars)).take(rows)))

"""QuantConnect LEAN zips: minute bars and ticks, milliseconds since midnight, one file a day."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from futures_env.data.importing.frames import numbers
from futures_env.data.importing.reading.text import clean, read_rows

if TYPE_CHECKING:
    import pandas as pd

MEMBER = re.compile(r"(\d{8})_([a-z0-9]+)_(minute|tick)_trade_(\d{6})\.csv$")


def read_lean(path: Path) -> pd.DataFrame:
    """Read one zip, or all ``*_trade.zip`` of a folder, in order of their dates.

    Prices are points. Ticks are built into minute bars; suspicious ticks are left out.

    Returns:
        Columns stamp (naive, exchange zone), open, high, low, close, volume, contract.

    Raises:
        ValueError: no trade file inside.
    """
    import pandas as pd

    files = sorted(path.glob("*_trade.zip")) if path.is_dir() else [path]
    parts = [part for file in files for part in _days(file)]
    if not parts:
        raise ValueError("no LEAN minute or tick trade file inside; quotes are not bars of trades")
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values(["stamp", "contract"], kind="stable", ignore_index=True)


def _days(file: Path) -> Iterator[pd.DataFrame]:
    """The trade files of one zip."""
    import pandas as pd

    try:
        with zipfile.ZipFile(file) as archive:
            content = {name: archive.read(name) for name in sorted(archive.namelist())}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        raise ValueError(f"{file.name}: the zip is damaged or locked; fetch it again") from None
    for name, data in content.items():
        if found := MEMBER.search(name):
            date, root, kind, month = found.groups()
            try:
                part = _minutes(data) if kind == "minute" else _ticks(data)
                part["stamp"] = pd.Timestamp(date) + pd.to_timedelta(part["stamp"], unit="ms")
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
            part["contract"] = f"{root.upper()} {month}"
            yield part


def _numbers(data: bytes, names: Sequence[str]) -> pd.DataFrame:
    """Rows of a file, all of them numbers; a first column of milliseconds of one day."""
    if not data.strip():
        raise ValueError("the file is empty")
    frame, _ = read_rows(clean(data), dict(enumerate(names)))
    if len(names) > frame.shape[1]:
        raise ValueError(f"row 0: {frame.shape[1]} fields, LEAN has {', '.join(names)}")
    for name in frame.columns.difference(["exchange", "condition"]):
        frame[name] = numbers(frame[name], name)
    bad = ~frame[names[0]].between(0, 86_400_000, inclusive="left")
    if bad.any():
        row = int(bad.to_numpy().argmax())
        raise ValueError(
            f"row {row}: {frame[names[0]].iloc[row]:.0f} is not milliseconds since midnight"
        )
    return frame


def _minutes(data: bytes) -> pd.DataFrame:
    return _numbers(data, ["stamp", "open", "high", "low", "close", "volume"])


def _ticks(data: bytes) -> pd.DataFrame:
    """Minute bars of trades: ms, price, size, exchange, condition, suspicious."""
    names = ["ms", "price", "size", "exchange", "condition", "suspicious"]
    ticks = _numbers(data, names)
    # trades of size 0, legs of spreads, make prices in LEAN's own minute bars; a file's last tick
    # is written twice
    if len(ticks) > 1 and ticks.iloc[-1].equals(ticks.iloc[-2]):
        ticks = ticks.iloc[:-1]
    ticks = ticks[ticks["suspicious"] == 0]
    by_minute = ticks.groupby(ticks["ms"] // 60_000 * 60_000, sort=True)
    bars = by_minute["price"].agg(open="first", high="max", low="min", close="last")
    bars["volume"] = by_minute["size"].sum()
    return bars.rename_axis("stamp").reset_index()

"""QuantConnect LEAN zips: minute bars and ticks, milliseconds since midnight, one file a day."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_MEMBER = re.compile(r"(\d{8})_([a-z0-9]+)_(minute|tick)_trade_(\d{6})\.csv$")


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
    parts: list[pd.DataFrame] = []
    for file in files:
        with zipfile.ZipFile(file) as archive:
            for name in sorted(archive.namelist()):
                if found := _MEMBER.search(name):
                    date, root, kind, month = found.groups()
                    with archive.open(name) as member:
                        part = _minutes(member) if kind == "minute" else _ticks(member)
                    midnight = pd.Timestamp(date)
                    part["stamp"] = midnight + pd.to_timedelta(part["stamp"], unit="ms")
                    part["contract"] = f"{root.upper()} {month}"
                    parts.append(part)
    if not parts:
        raise ValueError("no LEAN minute or tick trade file inside; quotes are not bars of trades")
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values(["stamp", "contract"], kind="stable", ignore_index=True)


def _minutes(member: IO[bytes]) -> pd.DataFrame:
    import pandas as pd

    names = ["stamp", "open", "high", "low", "close", "volume"]
    return pd.read_csv(member, header=None, names=names)


def _ticks(member: IO[bytes]) -> pd.DataFrame:
    """Minute bars of trades: ms, price, size, exchange, condition, suspicious."""
    import pandas as pd

    names = ["ms", "price", "size", "exchange", "condition", "suspicious"]
    ticks = pd.read_csv(member, header=None, names=names)
    # trades of size 0, legs of spreads, make prices in LEAN's own minute bars; a file's last tick
    # is written twice
    if len(ticks) > 1 and ticks.iloc[-1].equals(ticks.iloc[-2]):
        ticks = ticks.iloc[:-1]
    ticks = ticks[ticks["suspicious"] == 0]
    by_minute = ticks.groupby(ticks["ms"] // 60_000 * 60_000, sort=True)
    bars = by_minute["price"].agg(open="first", high="max", low="min", close="last")
    bars["volume"] = by_minute["size"].sum()
    return bars.rename_axis("stamp").reset_index()

"""Layouts of bar files: how each vendor writes them, and which one a file is.

A layout knows the columns only; zone, stamp convention and units are settled in ``detect``.
"""

from __future__ import annotations

import gzip
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

OHLCV = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How one vendor writes bars.

    Attributes:
        name: vendor.
        rename: source column (lower case) -> our column; time columns become ``stamp`` or
            ``date`` and ``time``.
        zone: documented time zone; empty where it must be found in the data.
        stamp: ``"start"`` or ``"end"`` of the bar.
        header: column names where the file has no header.
        separator: between fields.
        stamp_format: strptime format of the stamp; empty: ISO text or an epoch number.
    """

    name: str
    rename: dict[str, str]
    zone: str = ""
    stamp: str = "start"
    header: tuple[str, ...] = ()
    separator: str = ","
    stamp_format: str = ""


_SAME = {name: name for name in OHLCV}
_HEADLESS = ("stamp", *OHLCV)
LAYOUTS: dict[str, Layout] = {
    layout.name: layout
    for layout in (
        Layout(
            name="databento", rename=_SAME | {"ts_event": "stamp", "symbol": "contract"}, zone="UTC"
        ),
        Layout(
            name="polygon",
            rename=_SAME | {"window_start": "stamp", "ticker": "contract"},
            zone="UTC",
        ),
        Layout(name="tradingview", rename=_SAME | {"time": "stamp"}, zone="UTC"),
        Layout(
            name="barchart",
            rename=_SAME | {"time": "stamp", "latest": "close", "last": "close"},
            zone="America/Chicago",
        ),
        Layout(
            name="sierra",
            rename=_SAME | {"date": "date", "time": "time", "last": "close"},
        ),
        Layout(
            name="kibot",
            rename=_SAME | {"date": "date", "time": "time"},
            zone="America/New_York",
            header=("date", "time", *OHLCV),
            stamp_format="%m/%d/%Y %H:%M",
        ),
        Layout(
            name="ninjatrader",
            rename=_SAME | {"stamp": "stamp"},
            zone="UTC",
            stamp="end",
            header=_HEADLESS,
            separator=";",
            stamp_format="%Y%m%d %H%M%S",
        ),
        Layout(
            name="ib",
            rename=_SAME | {"date": "stamp", "stamp": "stamp", "time": "stamp"},
            header=_HEADLESS,
            stamp_format="%Y%m%d %H:%M:%S",
        ),
        Layout(
            name="firstrate",
            rename=_SAME | {"timestamp": "stamp", "datetime": "stamp", "stamp": "stamp"},
            zone="America/New_York",
            header=_HEADLESS,
        ),
        Layout(
            name="lean",
            rename=_SAME | {"stamp": "stamp", "contract": "contract"},
            zone="UTC",
        ),
        Layout(name="own", rename=_SAME | {"timestamp": "stamp", "symbol": "contract"}),
    )
}
"""Known layouts by vendor."""


def first_lines(path: Path, count: int = 3) -> list[str]:
    """The first lines of a text file, gzip or not."""
    opener = gzip.open if path.name.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8-sig", errors="replace") as file:
        return [line.strip() for _, line in zip(range(count), file, strict=False)]


def recognise(path: Path) -> str:
    """Vendor of a file, from its name and first lines.

    Raises:
        ValueError: not recognised; the message names the argument ``vendor``.
    """
    name = path.name.lower()
    if name.endswith(".zip") or path.is_dir():
        return "lean"
    if name.endswith((".dbn", ".dbn.zst")):
        return "databento"
    if name.endswith(".parquet"):
        import pyarrow.parquet

        columns = [column.lower() for column in pyarrow.parquet.read_schema(path).names]
    else:
        lines = first_lines(path)
        if not lines:
            raise ValueError("the file is empty")
        if found := _headless(lines[0]):
            return found
        columns = [column.strip().strip('"').lower() for column in lines[0].split(",")]
    if found := _by_columns(columns, path):
        return found
    raise ValueError(
        f"layout not recognised from the columns {', '.join(columns[:8])}; give the argument "
        f"vendor, one of: {', '.join(LAYOUTS)}"
    )


def _headless(line: str) -> str:
    if re.match(r"\d{8} \d{6};", line):
        return "ninjatrader"
    if re.match(r"\d\d/\d\d/\d{4},\d\d:\d\d,", line):
        return "kibot"
    if re.match(r'"?\d{8}  ?\d\d:\d\d:\d\d', line):
        return "ib"
    if re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,", line):
        return "firstrate"
    return ""


def _by_columns(columns: list[str], path: Path) -> str:
    have = set(columns)
    if "ts_event" in have:
        return "databento"
    if "window_start" in have:
        return "polygon"
    if {"time", "open", "high", "low", "latest"} <= have:
        return "barchart"
    if {"date", "time", "open", "high", "low"} <= have:
        return "sierra"
    if {"time", "open", "high", "low", "close"} <= have:
        return "tradingview"
    if {"date", "open", "high", "low", "close"} <= have:
        return "ib"
    if {"timestamp", "open", "high", "low", "close"} <= have:
        # the same header as FirstRateData: the zone, found in the data, tells them apart
        return "own"
    return ""


def read(path: Path, vendor: str) -> pd.DataFrame:
    """Read a file into columns stamp, open, high, low, close, volume and perhaps contract.

    Raises:
        ValueError: a column is missing, or a row does not parse.
    """
    import pandas as pd

    layout = LAYOUTS[vendor]
    if vendor == "lean":
        from futures_env.data.importing.lean import read_lean

        return read_lean(path)
    if path.name.lower().endswith((".dbn", ".dbn.zst")):
        frame = _read_dbn(path)
    elif path.name.lower().endswith(".parquet"):
        frame = pd.read_parquet(path)
    else:
        headless = bool(layout.header) and bool(_headless(first_lines(path, 1)[0]))
        frame = pd.read_csv(
            path,
            sep=layout.separator,
            header=None if headless else 0,
            names=list(layout.header) if headless else None,
            encoding="utf-8-sig",
        )
    return _rename(frame, layout)


def _rename(frame: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    names: dict[str, str] = {}
    taken: set[str] = set()
    for column in frame.columns:
        name = layout.rename.get(str(column).strip().strip('"').lower())
        if name and name not in taken:
            names[column] = name
            taken.add(name)
    missing = [name for name in OHLCV if name not in taken]
    if not (taken & {"stamp", "date"}):
        missing.insert(0, "stamp")
    if missing:
        found = ", ".join(str(column) for column in frame.columns)
        raise ValueError(f"{layout.name}: missing columns {', '.join(missing)}; found: {found}")
    return frame[list(names)].rename(columns=names)


def _read_dbn(path: Path) -> pd.DataFrame:
    try:
        import databento
    except ImportError:
        raise ValueError(
            "DBN files need the databento client: pip install 'futures-env[databento]'"
        ) from None
    with warnings.catch_warnings():
        # the client's own use of pandas is none of the reader's business
        warnings.simplefilter("ignore")
        return databento.DBNStore.from_file(path).to_df().reset_index()

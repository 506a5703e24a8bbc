"""Writers that make a file in each vendor's format from the same bars."""

import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

NEW_YORK, CHICAGO = "America/New_York", "America/Chicago"
PRICES = ["open", "high", "low", "close"]


def _wall(frame: pd.DataFrame, zone: str, pattern: str) -> pd.Series:
    return frame["timestamp"].dt.tz_convert(zone).dt.strftime(pattern)


def _nanoseconds(frame: pd.DataFrame) -> pd.Series:
    return frame["timestamp"].dt.as_unit("ns").astype("int64")


def databento(frame: pd.DataFrame, folder: Path) -> Path:
    """Raw csv: nanoseconds, fixed-point prices, a calendar spread among the rows."""
    table = pd.DataFrame(
        {"ts_event": _nanoseconds(frame), "rtype": 33, "publisher_id": 1, "instrument_id": 42}
    )
    for name in PRICES:
        table[name] = (frame[name] * 1e9).round().astype("int64")
    table["volume"], table["symbol"] = frame["volume"], "NQH5"
    spread = table.iloc[::200].assign(symbol="NQH5-NQM5", volume=10**6)
    for name in PRICES:
        spread[name] = 206_500_000_000
    path = folder / "glbx-mdp3.ohlcv-1m.csv"
    pd.concat([table, spread]).sort_values("ts_event", kind="stable").to_csv(path, index=False)
    return path


def databento_parquet(frame: pd.DataFrame, folder: Path) -> Path:
    """Parquet with aware timestamps and decimal prices."""
    path = folder / "glbx.parquet"
    frame.rename(columns={"timestamp": "ts_event"}).assign(symbol="NQH5").to_parquet(path)
    return path


def databento_dbn(frame: pd.DataFrame, folder: Path) -> Path:
    """The vendor's binary records behind the client's own header, with the symbol's mapping."""
    client = pytest.importorskip("databento_dbn")
    stamps = _nanoseconds(frame).to_numpy()
    fields = [("length", "u1"), ("rtype", "u1"), ("publisher_id", "<u2"), ("instrument_id", "<u4")]
    fields += [("ts_event", "<u8"), *((name, "<i8") for name in PRICES), ("volume", "<u8")]
    records = np.zeros(len(frame), fields)
    records["length"], records["rtype"] = records.itemsize // 4, 33
    records["publisher_id"], records["instrument_id"] = 1, 42
    records["ts_event"], records["volume"] = stamps, frame["volume"]
    for name in PRICES:
        records[name] = (frame[name] * 1e9).round().astype("int64")
    first, last = frame["timestamp"].dt.date.iloc[[0, -1]]
    interval = SimpleNamespace(start_date=first, end_date=last + timedelta(days=1), symbol="42")
    header = client.Metadata(
        dataset="GLBX.MDP3", schema=client.Schema.OHLCV_1M, start=int(stamps[0]),
        stype_in=client.SType.RAW_SYMBOL, stype_out=client.SType.INSTRUMENT_ID,
        symbols=["NQH5"], mappings=[SimpleNamespace(raw_symbol="NQH5", intervals=[interval])],
    )  # fmt: skip
    path = folder / "glbx.ohlcv-1m.dbn"
    path.write_bytes(bytes(header) + records.tobytes())
    return path


def firstrate(frame: pd.DataFrame, folder: Path) -> Path:
    """Header, New York wall time."""
    path = folder / "NQ_1min.csv"
    frame.assign(timestamp=_wall(frame, NEW_YORK, "%Y-%m-%d %H:%M:%S")).to_csv(path, index=False)
    return path


def firstrate_headless(frame: pd.DataFrame, folder: Path) -> Path:
    """The same without a header, as text."""
    path = folder / "NQ_full_1min.txt"
    table = frame.assign(timestamp=_wall(frame, NEW_YORK, "%Y-%m-%d %H:%M:%S"))
    table.to_csv(path, index=False, header=False)
    return path


def kibot(frame: pd.DataFrame, folder: Path) -> Path:
    """No header, date and time apart, New York."""
    path = folder / "NQ.txt"
    date, time = _wall(frame, NEW_YORK, "%m/%d/%Y"), _wall(frame, NEW_YORK, "%H:%M")
    table = pd.concat([date, time, frame[[*PRICES, "volume"]]], axis=1)
    table.to_csv(path, index=False, header=False)
    return path


def ninjatrader(frame: pd.DataFrame, folder: Path) -> Path:
    """Semicolons, UTC, bar end."""
    path = folder / "NQ 03-25.Last.txt"
    end = frame.assign(timestamp=frame["timestamp"] + pd.Timedelta(minutes=1))
    table = end.assign(timestamp=_wall(end, "UTC", "%Y%m%d %H%M%S"))
    table.to_csv(path, index=False, header=False, sep=";")
    return path


def tradingview(frame: pd.DataFrame, folder: Path) -> Path:
    """Epoch seconds, indicator columns, Volume in capitals, a second 'close'-like column."""
    path = folder / "CME_MINI_NQ1!, 1.csv"
    table = pd.DataFrame({"time": _nanoseconds(frame) // 10**9, **frame[PRICES]})
    table["MA"], table["Volume"], table["Volume MA"] = 1.0, frame["volume"], 2.0
    table.to_csv(path, index=False)
    return path


def tradingview_iso(frame: pd.DataFrame, folder: Path) -> Path:
    """ISO stamps with the New York offset."""
    path = folder / "iso.csv"
    local = frame["timestamp"].dt.tz_convert(NEW_YORK).map(lambda moment: moment.isoformat())
    table = frame.assign(timestamp=local)
    table.rename(columns={"timestamp": "time", "volume": "Volume"}).to_csv(path, index=False)
    return path


def interactive_brokers(frame: pd.DataFrame, folder: Path) -> Path:
    """yyyyMMdd and two spaces, platform in Chicago, no header."""
    path = folder / "ib.csv"
    table = frame.assign(timestamp=_wall(frame, CHICAGO, "%Y%m%d  %H:%M:%S"))
    table.to_csv(path, index=False, header=False)
    return path


def barchart(frame: pd.DataFrame, folder: Path) -> Path:
    """Chicago, descending, Latest, a footer."""
    path = folder / "nqh25_intraday-1min.csv"
    table = frame.assign(timestamp=_wall(frame, CHICAGO, "%Y-%m-%d %H:%M"), Change=0.25)
    names = {"timestamp": "Time", "close": "Latest", "volume": "Volume"}
    names |= {name: name.capitalize() for name in ("open", "high", "low")}
    table = table.rename(columns=names)[::-1]
    footer = '"Downloaded from Barchart.com as of 02-20-2015 09:00am CST"\n'
    path.write_text(table.to_csv(index=False) + footer, encoding="utf-8")
    return path


def polygon(frame: pd.DataFrame, folder: Path) -> Path:
    """Flat file: window_start in nanoseconds, gzip."""
    path = folder / "2015-01.csv.gz"
    table = frame.rename(columns={"timestamp": "window_start"}).assign(ticker="NQH5")
    table["window_start"] = _nanoseconds(frame)
    table[["ticker", "volume", "open", "close", "high", "low", "window_start"]].to_csv(
        path, index=False
    )
    return path


def sierra(frame: pd.DataFrame, folder: Path) -> Path:
    """Date and Time apart, Last, spaces behind the commas."""
    path = folder / "NQ.scid_BarData.txt"
    head = "Date, Time, Open, High, Low, Last, Volume, NumberOfTrades, BidVolume, AskVolume"
    date, time = _wall(frame, NEW_YORK, "%Y/%m/%d"), _wall(frame, NEW_YORK, "%H:%M:%S.000000")
    lines = [
        f"{d}, {t}, {o}, {h}, {low}, {c}, {v}, 1, 1, 1"
        for d, t, o, h, low, c, v in zip(
            date, time, *(frame[name] for name in (*PRICES, "volume")), strict=True
        )
    ]
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return path


def lean(frame: pd.DataFrame, folder: Path) -> Path:
    """A folder of zips, one per UTC day, milliseconds since midnight."""
    days = frame["timestamp"].dt.floor("D")
    for day, rows in frame.groupby(days):
        milliseconds = (rows["timestamp"] - day) // pd.Timedelta(milliseconds=1)
        text = rows.assign(timestamp=milliseconds).to_csv(index=False, header=False)
        stem = f"{day:%Y%m%d}"
        with zipfile.ZipFile(folder / f"{stem}_trade.zip", "w") as archive:
            archive.writestr(f"{stem}_nq_minute_trade_201503.csv", text)
    return folder


def own(frame: pd.DataFrame, folder: Path) -> Path:
    """Naive UTC stamps, gzip."""
    path = folder / "own.csv.gz"
    frame.assign(timestamp=_wall(frame, "UTC", "%Y-%m-%d %H:%M:%S")).to_csv(path, index=False)
    return path


def own_parquet(frame: pd.DataFrame, folder: Path) -> Path:
    """Parquet with aware stamps."""
    path = folder / "own.parquet"
    frame.to_parquet(path)
    return path


WRITERS: dict[str, Callable[[pd.DataFrame, Path], Path]] = {
    writer.__name__: writer
    for writer in (
        databento,
        databento_parquet,
        databento_dbn,
        firstrate,
        firstrate_headless,
        kibot,
        ninjatrader,
        tradingview,
        tradingview_iso,
        interactive_brokers,
        barchart,
        polygon,
        sierra,
        lean,
        own,
        own_parquet,
    )
}
"""All formats by name."""

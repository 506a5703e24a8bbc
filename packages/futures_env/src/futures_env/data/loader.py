"""DataFrames and files of bars in, ``MarketData`` out. pandas is imported on use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from futures_env.data import calendar
from futures_env.data.bars import Bars, chain_adjustment
from futures_env.data.market import SessionRule, build_market
from futures_env.features.pipeline import FEATURES, Feature
from futures_env.instruments import instrument
from futures_env.types import MarketData

if TYPE_CHECKING:
    import pandas as pd

PRICES = ("open", "high", "low", "close")
COLUMNS = ("timestamp", *PRICES, "volume")
OFF_TICK = 1e-3
"""Largest distance from the tick grid that counts as rounding, in ticks."""


def make_market(
    bars: pd.DataFrame,
    symbol: str = "NQ",
    session: str = "rth",
    second_bars: pd.DataFrame | None = None,
    *,
    flat_by: str = "16:59",
    entry_cutoff_bars: int = 1,
    window: int = 20,
    features: Sequence[str | Feature] = FEATURES,
) -> MarketData:
    """Build a market from a DataFrame of bars.

    Args:
        bars: columns timestamp (timezone-aware, bar START), open, high, low, close, volume;
            optionally symbol, the contract, whose change at a session boundary is a roll.
        symbol: row of the contract table.
        session: ``"rth"`` (09:30 New York to flat-by) or ``"globex"`` (18:00 to flat-by).
        second_bars: 1-second bars in the same layout; they give ``extreme_order``.
        flat_by: New York time at which positions must be flat; on short days one minute before
            the early close, if sooner.
        entry_cutoff_bars: the last entry bar is this many bars before the flat-by bar.
        window: bars of an observation.
        features: names or own ``Feature`` objects, in column order.

    Raises:
        ValueError: naming the row, the field and the remedy, where the bars cannot be trusted.
    """
    rule = SessionRule(
        session=session, flat_by=flat_by, entry_cutoff_bars=entry_cutoff_bars, window=window
    )
    table = bars_from_frame(bars, symbol)
    if second_bars is not None:
        table = replace(table, extreme_order=order_from_seconds(table, second_bars))
    return build_market(table, rule, features)


def load_market(
    path: str | Path,
    symbol: str = "NQ",
    session: str = "rth",
    second_path: str | Path | None = None,
    *,
    flat_by: str = "16:59",
    entry_cutoff_bars: int = 1,
    window: int = 20,
    features: Sequence[str | Feature] = FEATURES,
) -> MarketData:
    """Read a csv, csv.gz or parquet file of bars; arguments as for ``make_market``.

    Raises:
        ValueError: as ``make_market``, with the file's name in front.
        FileNotFoundError: no such file.
    """
    seconds = None if second_path is None else read_frame(second_path)
    try:
        return make_market(
            read_frame(path),
            symbol,
            session,
            seconds,
            flat_by=flat_by,
            entry_cutoff_bars=entry_cutoff_bars,
            window=window,
            features=features,
        )
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def read_frame(path: str | Path) -> pd.DataFrame:
    """Read a table of the own layout; a naive timestamp is UTC."""
    import pandas as pd

    name = str(path).lower()
    if name.endswith(".parquet"):
        frame = pd.read_parquet(path)
    elif name.endswith((".csv", ".csv.gz")):
        frame = pd.read_csv(path)
    else:
        raise ValueError(f"{path}: not a .csv, .csv.gz or .parquet file")
    _require_columns(frame)
    if not isinstance(frame["timestamp"].dtype, pd.DatetimeTZDtype):
        try:
            stamps = pd.to_datetime(frame["timestamp"], utc=True)
        except (ValueError, TypeError) as error:
            raise ValueError(f"timestamp: cannot be read as a time: {error}") from error
        frame = frame.assign(timestamp=stamps)
    return frame


def _require_columns(frame: pd.DataFrame) -> None:
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise ValueError(
            f"missing columns: {', '.join(missing)}; found: {', '.join(map(str, frame.columns))}"
        )


def bars_from_frame(frame: pd.DataFrame, symbol: str) -> Bars:
    """Check a DataFrame of bars and turn it into the internal table.

    Rows are named by their position in the frame, from 0. Bars in the daily break or at the
    weekend are an error here; the importer drops them on request.

    Raises:
        ValueError: naming the first offending row, its field and the remedy.
    """
    _require_columns(frame)
    row = instrument(symbol)
    if not len(frame):
        raise ValueError("there are no rows")
    minute = minutes_of(frame)
    prices = {name: _ticks(frame, name, row.tick_size) for name in PRICES}
    volume = frame["volume"].to_numpy(dtype=np.float64)
    if not row.may_be_negative:
        _refuse(prices["low"] <= 0, "low", "is not positive; remove the row")
    top = np.maximum(prices["open"], prices["close"])
    bottom = np.minimum(prices["open"], prices["close"])
    _refuse(prices["high"] < top, "high", "is below the open or the close; repair the row")
    _refuse(prices["low"] > bottom, "low", "is above the open or the close; repair the row")
    _refuse(~np.isfinite(volume) | (volume < 0), "volume", "is negative or not finite")
    _refuse(np.diff(minute, prepend=minute[0] - 1) < 0, "timestamp", "is out of order; sort them")
    _refuse(np.diff(minute, prepend=minute[0] - 1) == 0, "timestamp", "repeats the row before it")
    day, since_open = calendar.trading_day(minute)
    outside = (since_open >= calendar.CLOSE_CLOCK) | ((day + 3) % 7 >= 5)
    _refuse(outside, "timestamp", "lies in the daily break or the weekend: check the time zone")
    segment, contracts = _segments(frame, day)
    return Bars(
        symbol=symbol,
        minute=minute,
        **prices,
        volume=volume,
        extreme_order=np.zeros(len(minute), np.int8),
        segment=segment,
        adjustment=chain_adjustment(prices["open"], prices["close"], segment),
        contracts=contracts,
        bar_minutes=infer_bar_minutes(minute),
    )


def minutes_of(frame: pd.DataFrame) -> NDArray[np.int64]:
    """Whole minutes since 1970-01-01 UTC of a zone-aware timestamp column."""
    seconds = seconds_of(frame)
    _refuse(seconds % 60 != 0, "timestamp", "is not a whole minute")
    return seconds // 60


def seconds_of(frame: pd.DataFrame) -> NDArray[np.int64]:
    """Whole seconds since 1970-01-01 UTC of a zone-aware timestamp column."""
    import pandas as pd

    stamps = frame["timestamp"]
    if not isinstance(stamps.dtype, pd.DatetimeTZDtype):
        raise ValueError(
            "timestamp must be timezone-aware (bar start): use "
            "pd.to_datetime(..., utc=True) or .dt.tz_localize(...)"
        )
    _refuse(stamps.isna().to_numpy(), "timestamp", "is missing")
    return stamps.dt.tz_convert("UTC").dt.as_unit("s").astype("int64").to_numpy()


def infer_bar_minutes(minute: NDArray[np.int64]) -> int:
    """Most frequent distance between neighbouring bars, in minutes."""
    if len(minute) < 2:
        return 1
    distances, counts = np.unique(np.diff(minute), return_counts=True)
    return int(distances[counts.argmax()])


def _ticks(frame: pd.DataFrame, name: str, tick_size: float) -> NDArray[np.int64]:
    price = frame[name].to_numpy(dtype=np.float64)
    _refuse(~np.isfinite(price), name, "is missing or not finite")
    scaled = price / tick_size
    ticks = np.rint(scaled)
    off = np.abs(scaled - ticks) > OFF_TICK
    _refuse(off, name, f"is not a multiple of the tick size {tick_size}; check the symbol")
    return ticks.astype(np.int64)


def _segments(
    frame: pd.DataFrame, day: NDArray[np.int64]
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Number the runs of one contract; a change inside a trading day is refused."""
    if "symbol" not in frame.columns:
        return np.zeros(len(frame), np.int64), ()
    codes, names = frame["symbol"].factorize()
    _refuse(codes < 0, "symbol", "is missing")
    change = np.diff(codes, prepend=codes[:1]) != 0
    same_day = np.diff(day, prepend=day[0] - 1) == 0
    _refuse(change & same_day, "symbol", "changes inside a trading day; roll between sessions")
    segment = np.cumsum(change)
    first = np.searchsorted(segment, np.arange(segment[-1] + 1))
    return segment.astype(np.int64), tuple(str(names[codes[i]]) for i in first)


def _refuse(bad: NDArray[np.bool_], field: str, what: str) -> None:
    if bad.any():
        raise ValueError(f"row {int(bad.argmax())}: {field} {what} ({int(bad.sum())} such rows)")


def order_from_seconds(bars: Bars, seconds: pd.DataFrame) -> NDArray[np.int8]:
    """Which extreme of each bar came first, from 1-second bars.

    Args:
        bars: the bars to explain.
        seconds: 1-second bars; a bar without any second stays unknown.

    Returns:
        (T,) int8 ``ExtremeOrder``; unknown where both extremes fall into one second.

    Raises:
        ValueError: the seconds of a bar do not have its high and low.
    """
    _require_columns(seconds)
    tick_size = instrument(bars.symbol).tick_size
    stamp = seconds_of(seconds)
    _refuse(np.diff(stamp, prepend=stamp[0] - 1) <= 0, "timestamp", "is not ascending")
    high, low = (_ticks(seconds, name, tick_size) for name in ("high", "low"))
    bar = np.searchsorted(bars.minute * 60, stamp, side="right") - 1
    inside = (bar >= 0) & (stamp < (bars.minute[bar] + bars.bar_minutes) * 60)
    high, low, bar = high[inside], low[inside], bar[inside]
    order = np.zeros(len(bars), np.int8)
    if not len(bar):
        raise ValueError("second_bars: none of them lies inside the bars; check the time zone")
    first = np.flatnonzero(np.diff(bar, prepend=-1))
    known = bar[first]
    top, bottom = np.maximum.reduceat(high, first), np.minimum.reduceat(low, first)
    wrong = (top != bars.high[known]) | (bottom != bars.low[known])
    if wrong.any():
        row = int(known[wrong.argmax()])
        raise ValueError(
            f"second_bars: row {row} of the bars has high {bars.high[row]} and low "
            f"{bars.low[row]} ticks, its seconds do not ({int(wrong.sum())} such rows); the two "
            "files are not of the same contract"
        )
    size = np.diff(np.append(first, len(bar)))
    position = np.arange(len(bar))
    never = len(bar)
    at_top = np.where(high == np.repeat(top, size), position, never)
    at_bottom = np.where(low == np.repeat(bottom, size), position, never)
    high_at, low_at = np.minimum.reduceat(at_top, first), np.minimum.reduceat(at_bottom, first)
    order[known] = np.where(low_at < high_at, 1, np.where(high_at < low_at, 2, 0))
    return order

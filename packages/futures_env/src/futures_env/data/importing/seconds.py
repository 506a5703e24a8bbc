"""Which extreme of a bar came first, from 1-second bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from futures_env.codes import ExtremeOrder
from futures_env.data.bars import Bars
from futures_env.data.importing.checking.raw import off_tick, ticks
from futures_env.data.importing.frames import SECOND_COLUMNS, require
from futures_env.market.instruments import instrument

if TYPE_CHECKING:
    import pandas as pd


def order_from_seconds(bars: Bars, seconds: pd.DataFrame) -> NDArray[np.int8]:
    """Extreme order of each bar, and proof that the seconds are those of the bars.

    Args:
        bars: the bars to explain.
        seconds: columns timestamp (timezone-aware, start of the second), high, low.

    Returns:
        (T,) int8 ``ExtremeOrder``: unknown where a bar has no second, or both extremes fall into
        the same one.

    Raises:
        ValueError: a missing column, a row (by its position, from 0) that is out of order, not
            finite or off the tick grid, or seconds whose high and low are not those of their bar.
    """
    stamp, all_high, all_low = _checked(seconds, instrument(bars.symbol).tick_size)
    bar = np.searchsorted(bars.minute * 60, stamp, side="right") - 1
    inside = (bar >= 0) & (stamp < (bars.minute[bar] + bars.bar_minutes) * 60)
    if not inside.any():
        raise ValueError("second_bars: none lies inside the bars; check the time zone")
    bar, high, low = bar[inside], all_high[inside], all_low[inside]
    first = np.flatnonzero(np.diff(bar, prepend=-1))
    known = bar[first]
    _must_match(bars, known, np.maximum.reduceat(high, first), np.minimum.reduceat(low, first))
    position, never = np.arange(len(bar)), len(bar)
    high_at = np.minimum.reduceat(np.where(high == bars.high[bar], position, never), first)
    low_at = np.minimum.reduceat(np.where(low == bars.low[bar], position, never), first)
    order = np.full(len(bars), ExtremeOrder.UNKNOWN, np.int8)
    order[known[low_at < high_at]] = ExtremeOrder.LOW_FIRST
    order[known[high_at < low_at]] = ExtremeOrder.HIGH_FIRST
    return order


def _checked(
    seconds: pd.DataFrame, tick_size: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Seconds since 1970-01-01, highs and lows in ticks."""
    import pandas as pd

    require(seconds, SECOND_COLUMNS, "second_bars: ")
    _refuse(seconds["timestamp"].isna().to_numpy(), "timestamp is missing; remove the row")
    stamp = seconds["timestamp"].dt.tz_convert("UTC").dt.as_unit("s").astype("int64").to_numpy()
    later = np.diff(stamp, prepend=stamp[:1] - 1) > 0
    _refuse(~later, "timestamp is not ascending; sort the seconds")
    prices = []
    for name in SECOND_COLUMNS[1:]:
        numbers = pd.to_numeric(seconds[name], errors="coerce")
        price = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
        _refuse(~np.isfinite(price), f"{name} is missing or not finite; repair or remove the row")
        what = f"{name} is not a multiple of the tick size {tick_size}; check the symbol"
        _refuse(off_tick(price, tick_size), what)
        prices.append(ticks(price, tick_size))
    high, low = prices
    _refuse(high < low, "high is below low; repair or remove the row")
    return stamp, high, low


def _refuse(bad: NDArray[np.bool_], what: str) -> None:
    if bad.any():
        raise ValueError(
            f"second_bars row {int(bad.argmax())}: {what} ({int(bad.sum())} such rows)"
        )


def _must_match(
    bars: Bars, known: NDArray[np.int64], high: NDArray[np.int64], low: NDArray[np.int64]
) -> None:
    wrong = (high != bars.high[known]) | (low != bars.low[known])
    if wrong.any():
        at = int(wrong.argmax())
        row = int(known[at])
        raise ValueError(
            f"second_bars: bar {row} has high {bars.high[row]} and low {bars.low[row]} ticks, its "
            f"seconds {high[at]} and {low[at]} ({int(wrong.sum())} such bars): the files are not "
            "of the same contract or period"
        )

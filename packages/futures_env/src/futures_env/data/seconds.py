"""Which extreme of a bar came first, from 1-second bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from futures_env.codes import ExtremeOrder
from futures_env.data.bars import Bars
from futures_env.data.raw import ticks
from futures_env.instruments import instrument

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
        ValueError: seconds out of order, or whose high and low are not those of their bar.
    """
    tick_size = instrument(bars.symbol).tick_size
    stamp = seconds["timestamp"].dt.tz_convert("UTC").dt.as_unit("s").astype("int64").to_numpy()
    if (np.diff(stamp) <= 0).any():
        row = int((np.diff(stamp) <= 0).argmax()) + 1
        raise ValueError(f"second_bars row {row}: timestamp is not ascending; sort the seconds")
    bar = np.searchsorted(bars.minute * 60, stamp, side="right") - 1
    inside = (bar >= 0) & (stamp < (bars.minute[bar] + bars.bar_minutes) * 60)
    if not inside.any():
        raise ValueError("second_bars: none lies inside the bars; check the time zone")
    bar = bar[inside]
    high = ticks(seconds["high"].to_numpy(dtype=np.float64)[inside], tick_size)
    low = ticks(seconds["low"].to_numpy(dtype=np.float64)[inside], tick_size)
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

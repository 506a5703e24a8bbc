"""Longer bars from shorter ones."""

from dataclasses import replace

import numpy as np

from futures_env.data import calendar
from futures_env.data.bars import Bars
from futures_env.market.info import ArgumentError


def resample(bars: Bars, bar_minutes: int) -> Bars:
    """Join bars to ``bar_minutes``, counted from the 18:00 start of each trading day.

    A bar never spans two trading days or two contracts. ``extreme_order`` stays known where the
    high and the low come from different bars, or from one whose order is known.

    Raises:
        ArgumentError: not a multiple of the present length, or not a divisor of an hour.
    """
    if bar_minutes < 1 or bar_minutes % bars.bar_minutes or 60 % bar_minutes:
        raise ArgumentError(
            f"bar_minutes {bar_minutes} must divide 60 and be a multiple of {bars.bar_minutes}"
        )
    if bar_minutes == bars.bar_minutes:
        return bars
    day, clock = calendar.trading_day(bars.minute)
    slot = day * calendar.DAY + clock // bar_minutes * bar_minutes
    first = np.flatnonzero(np.diff(slot, prepend=slot[0] - 1))
    last = np.append(first[1:], len(bars)) - 1
    high, low = np.maximum.reduceat(bars.high, first), np.minimum.reduceat(bars.low, first)
    size = last - first + 1
    rows = np.arange(len(bars))
    never = len(bars)
    high_at = np.minimum.reduceat(np.where(bars.high == np.repeat(high, size), rows, never), first)
    low_at = np.minimum.reduceat(np.where(bars.low == np.repeat(low, size), rows, never), first)
    order = np.where(
        high_at < low_at, 2, np.where(low_at < high_at, 1, bars.extreme_order[high_at])
    )
    return replace(
        bars.take(first),
        minute=bars.minute[first] - clock[first] % bar_minutes,
        high=high,
        low=low,
        close=bars.close[last],
        volume=np.add.reduceat(bars.volume, first),
        extreme_order=order.astype(np.int8),
        bar_minutes=bar_minutes,
    )

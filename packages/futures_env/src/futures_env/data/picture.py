"""A picture of bars: closes, sessions with holes, volume through the day."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from futures_env.data import calendar
from futures_env.data.bars import Bars
from futures_env.market.instruments import instrument


def draw_bars(bars: Bars, path: str | Path) -> None:
    """Write a picture; the suffix chooses the format (svg, png, pdf).

    Raises:
        ValueError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ValueError("pictures need matplotlib: pip install matplotlib") from None
    day, clock = calendar.trading_day(bars.minute)
    days, index = np.unique(day, return_inverse=True)
    dates = days.astype("datetime64[D]")
    figure = Figure(figsize=(11, 8), layout="constrained")
    price, count, profile = figure.subplots(3, 1)
    last = np.append(np.flatnonzero(np.diff(day)), len(bars) - 1)
    price.plot(dates, bars.close[last] * instrument(bars.symbol).tick_size, lw=1)
    price.set_title(f"{bars.symbol}: last close of each trading day, raw")
    for roll in np.flatnonzero(np.diff(bars.segment)) + 1:
        price.axvline(dates[index[roll]], color="tab:red", lw=0.8, ls="--")
    count.bar(dates, np.bincount(index), width=1.0)
    count.set_title("bars per trading day")
    minutes = np.unique(clock)
    mean = np.bincount(clock, weights=bars.volume)[minutes] / np.bincount(clock)[minutes]
    profile.plot(minutes / 60.0, mean, lw=1)
    profile.set_xticks(range(0, 24, 2), [f"{(hour + 18) % 24:02d}" for hour in range(0, 24, 2)])
    profile.set_title("mean volume by New York hour")
    figure.savefig(path)

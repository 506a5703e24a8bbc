"""A picture of bars: closes, sessions with holes, volume through the day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from futures_env.data import calendar
from futures_env.data.bars import Bars
from futures_env.market.instruments import instrument
from futures_env.market.table import MarketData

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class _Series:
    """What is drawn of one market."""

    title: str
    minute: NDArray[np.int64]  # (T,) since 1970-01-01 UTC
    close: NDArray[np.float64]  # (T,) points
    volume: NDArray[np.float64]  # (T,) contracts
    segment: NDArray[np.int64]  # (T,)


def draw_bars(bars: Bars, path: str | Path) -> None:
    """Draw bars into a file; the suffix chooses the format (svg, png, pdf).

    Raises:
        ValueError: matplotlib is not installed, or another suffix.
    """
    close = bars.close.astype(np.float64) * instrument(bars.symbol).tick_size
    _draw([_Series(bars.symbol, bars.minute, close, bars.volume, bars.segment)], path)


def draw_market(market: MarketData, path: str | Path) -> None:
    """Draw the tradable bars of each market of a table, side by side; see ``draw_bars``."""
    columns = market.columns()
    parts = []
    for number in range(market.num_markets):
        own = columns["market"] == number
        tick = float(market.contract_table.tick_size[number])
        parts.append(
            _Series(
                market.infos[number].symbol if market.infos else f"market {number}",
                columns["minute"][own].astype(np.int64),
                columns["close"][own] * tick,
                columns["volume"][own].astype(np.float64),
                columns["segment"][own],
            )
        )
    _draw(parts, path)


def _draw(parts: Sequence[_Series], path: str | Path) -> None:
    if Path(path).suffix not in (".svg", ".png", ".pdf"):
        raise ValueError(f"{path}: a picture ends in .svg, .png or .pdf")
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ValueError("pictures need matplotlib: pip install matplotlib") from None
    figure = Figure(figsize=(11 * len(parts), 8), layout="constrained")
    axes = figure.subplots(3, len(parts), squeeze=False)
    for part, column in zip(parts, axes.T, strict=True):
        _draw_one(part, *column)
    figure.savefig(path)


def _draw_one(part: _Series, price: Axes, count: Axes, profile: Axes) -> None:
    day, clock = calendar.trading_day(part.minute)
    days, index = np.unique(day, return_inverse=True)
    dates = days.astype("datetime64[D]")
    last = np.append(np.flatnonzero(np.diff(day)), len(day) - 1)
    price.plot(dates, part.close[last], lw=1)
    price.set_title(f"{part.title}: last close of each trading day, raw")
    for roll in np.flatnonzero(np.diff(part.segment)) + 1:
        price.axvline(dates[index[roll]], color="tab:red", lw=0.8, ls="--")
    count.bar(dates, np.bincount(index), width=1.0)
    count.set_title("bars per trading day")
    minutes = np.unique(clock)
    mean = np.bincount(clock, weights=part.volume)[minutes] / np.bincount(clock)[minutes]
    profile.plot(minutes / 60.0, mean, lw=1)
    profile.set_xticks(range(0, 24, 2), [f"{(hour + 18) % 24:02d}" for hour in range(0, 24, 2)])
    profile.set_title("mean volume by New York hour")

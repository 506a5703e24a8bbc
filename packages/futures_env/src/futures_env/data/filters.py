"""Filters choose where episodes begin, never which bars exist.

A filter is a number per row, known at that row, and a threshold taken from the training range.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from futures_env.data.splits import with_starts
from futures_env.types import MarketData

LOOKBACK = 60
"""Bars that the trend measure looks back on."""


def relative_range(market: MarketData) -> NDArray[np.float64]:
    """ATR over the price: (T,) float64."""
    return np.asarray(market.atr, np.float64) / np.maximum(np.abs(np.asarray(market.close)), 1)


def efficiency(market: MarketData) -> NDArray[np.float64]:
    """Kaufman's efficiency ratio over the last 60 bars, 0 (ranging) to 1 (trending).

    NaN where the 60 bars reach into another session, whose gap is no trend.
    """
    close = np.asarray(market.close, np.float64)
    session = np.asarray(market.session)
    path = np.concatenate(([0.0], np.cumsum(np.abs(np.diff(close)))))
    result = np.full(len(close), np.nan)
    if len(close) > LOOKBACK:
        net, total = (
            np.abs(close[LOOKBACK:] - close[:-LOOKBACK]),
            path[LOOKBACK:] - path[:-LOOKBACK],
        )
        ratio = np.divide(net, total, out=np.zeros_like(net), where=total > 0.0)
        result[LOOKBACK:] = np.where(session[LOOKBACK:] == session[:-LOOKBACK], ratio, np.nan)
    return result


@dataclass(frozen=True)
class StartFilter:
    """One named choice of starts.

    Attributes:
        measure: market -> (T,) float64, causal.
        above: keep rows at or above the threshold, else at or below it.
        quantile: of the measure over the training starts, the default threshold.
    """

    measure: Callable[[MarketData], NDArray[np.float64]]
    above: bool
    quantile: float


FILTERS: dict[str, StartFilter] = {
    "high_volatility": StartFilter(relative_range, above=True, quantile=0.75),
    "trending": StartFilter(efficiency, above=True, quantile=0.75),
    "ranging": StartFilter(efficiency, above=False, quantile=0.25),
}
"""Start filters by name."""


def _named(name: str) -> StartFilter:
    if name not in FILTERS:
        raise ValueError(f"no such filter: {name!r}; known: {', '.join(FILTERS)}")
    return FILTERS[name]


def fit_threshold(train: MarketData, name: str) -> float:
    """Threshold of a filter from the starts of the training range.

    Raises:
        ValueError: unknown filter.
    """
    chosen = _named(name)
    return float(np.nanquantile(chosen.measure(train)[np.asarray(train.starts)], chosen.quantile))


def filter_starts(market: MarketData, name: str, threshold: float) -> MarketData:
    """Keep the starts on one side of a threshold.

    Args:
        market: any market; its bars stay as they are.
        name: key of ``FILTERS``.
        threshold: from ``fit_threshold`` on the training range.

    Raises:
        ValueError: unknown filter, or no start is left.
    """
    chosen = _named(name)
    values = chosen.measure(market)
    # comparisons with NaN are false: such rows are no starts
    allowed = values >= threshold if chosen.above else values <= threshold
    return with_starts(market, allowed, f"is {name} beyond {threshold:.4g}")

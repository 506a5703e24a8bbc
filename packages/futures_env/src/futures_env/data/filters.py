"""Filters choose where episodes begin, never which bars exist.

At a row, each reads that row and earlier ones of the same market.
"""

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from futures_env.data.bars import chain_adjustment
from futures_env.data.splits import with_starts
from futures_env.features import indicators
from futures_env.market.table import MarketData

Filter = Literal["high_volatility", "trending", "ranging"]

VOLATILITY_QUANTILE = 0.75
"""high_volatility: the ATR lies above this quantile of the training starts."""
TRENDING = 25.0
"""trending: ADX(14) above this."""
RANGING = 20.0
"""ranging: ADX(14) below this."""


def trend_strength(market: MarketData) -> NDArray[np.float64]:
    """ADX(14) of the market's own rows, TA-Lib's definition.

    The table holds tradable bars only, on raw prices. Each session's first open is joined to the
    close before it, so neither the gap between two sessions nor a roll counts as a trend; the ATR
    leaves out the daily gap in the same way. The smoothing continues over the joints.

    Returns:
        (T,) float64, 0 to 100; NaN on the first 27 rows of each market.
    """
    markets, session = np.asarray(market.market), np.asarray(market.session)
    open_, high, low, close = (
        np.asarray(getattr(market, name), np.int64) for name in ("open", "high", "low", "close")
    )
    result = np.full(market.num_bars, np.nan)
    for number in range(market.num_markets):
        own = markets == number
        joined = chain_adjustment(open_[own], close[own], session[own])
        prices = ((price[own] + joined).astype(np.float64) for price in (high, low, close))
        result[own] = indicators.adx(*prices)
    return result


def fit_threshold(train: MarketData) -> tuple[float, ...]:
    """ATR in ticks above which ``high_volatility`` keeps a start, one per market.

    Args:
        train: the training range (``slice_market`` or ``restrict_starts``) and nothing else.
    """
    atr = np.asarray(train.atr, np.float64)[np.asarray(train.starts)]
    parts = np.split(atr, np.asarray(train.start_offsets)[1:-1])
    return tuple(float(np.quantile(part, VOLATILITY_QUANTILE)) for part in parts)


def filter_starts(market: MarketData, name: Filter, threshold: Sequence[float] = ()) -> MarketData:
    """The same table whose episodes begin only where the filter holds.

    Args:
        market: any market; its bars stay as they are.
        name: ``"high_volatility"``, ``"trending"`` or ``"ranging"``.
        threshold: for ``high_volatility`` only, from ``fit_threshold`` on the training range.

    Raises:
        ValueError: unknown filter, a threshold missing or too many, or a market without a start
            left.
    """
    if name not in get_args(Filter):
        raise ValueError(f"no such filter: {name!r}; known: {', '.join(get_args(Filter))}")
    needed = market.num_markets if name == "high_volatility" else 0
    if len(threshold) != needed:
        raise ValueError(
            f"{name} takes {needed} thresholds for {market.num_markets} market(s), not "
            f"{len(threshold)}: high_volatility one per market from fit_threshold(train), trending "
            "and ranging none"
        )
    # comparisons with NaN are false: rows without an ADX are no starts
    if name == "high_volatility":
        limit = np.asarray(threshold)[np.asarray(market.market)]
        return with_starts(
            market, np.asarray(market.atr) > limit, "with an ATR above its threshold"
        )
    adx = trend_strength(market)
    if name == "trending":
        return with_starts(market, adx > TRENDING, f"with an ADX(14) above {TRENDING:g}")
    return with_starts(market, adx < RANGING, f"with an ADX(14) below {RANGING:g}")


def filter_training(train: MarketData, name: Filter) -> tuple[MarketData, float]:
    """A training range whose episodes begin only where the filter holds.

    Args:
        train: the training range and nothing else; thresholds come from it alone.
        name: as for ``filter_starts``.

    Returns:
        the range, and the share of its starts that were kept.
    """
    threshold = fit_threshold(train) if name == "high_volatility" else ()
    kept = filter_starts(train, name, threshold)
    return kept, len(kept.starts) / len(train.starts)

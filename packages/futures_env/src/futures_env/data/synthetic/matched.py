"""A martingale with the times, volumes and volatility of given bars: where no policy can win.

Every bar is walked anew, sub-step by sub-step, with the variance that its range speaks of
(Parkinson 1980: E[range^2] = 4 ln 2 times the variance). Gaps keep their size and draw their sign.
Given all of that in advance, the price after every sub-step is a martingale, so that nothing the
bars showed before says where they go.
"""

import numpy as np
from numpy.typing import NDArray

from futures_env.data.bars import Bars
from futures_env.data.market import build_market
from futures_env.data.synthetic.random_walk import COARSE, FINE, walk_bars
from futures_env.features.pipeline import REGISTRY
from futures_env.market.table import MarketData

IntArray = NDArray[np.int64]

PARKINSON = 4.0 * np.log(2.0)
COARSE_FROM = 200.0
"""Mean variance of a bar, in ticks squared, from which the coarse table walks it."""
WEEK = 7 * 24 * 60  # minutes


def matched_martingale(market: MarketData, seed: int) -> MarketData:
    """The same rows of the same sessions with other prices, and the features that these give.

    The history of the indicators is the market's own rows; the sessions that warm them up are those
    of its front, some weeks earlier. Where a session is not the whole day the night between is one
    gap, so that the ATR begins a session wider than in a market built from all hours.

    Args:
        market: of one contract, with features by name.
        seed: of the walk; the same seed gives the same prices.

    Raises:
        ValueError: several contracts, features that are not built in, or too few sessions.
    """
    if len(market.infos) != 1:
        raise ValueError("a matched martingale is made of a market of one contract")
    own = [name for name in market.feature_names if name not in REGISTRY]
    if own or not market.feature_names:
        raise ValueError(f"features {', '.join(own) or 'without names'} cannot be made anew")
    front = _front(market)
    rows = np.r_[front, np.arange(market.num_bars)]
    bars = _walked(market, rows, len(front), np.random.default_rng(seed))
    built = build_market(bars, market.infos[0].rule, market.feature_names)
    if not np.array_equal(np.asarray(built.minute), np.asarray(market.minute)):
        raise ValueError("the rows of the market are not those that its own session rule keeps")
    prices = {name: getattr(built, name) for name in ("open", "high", "low", "close", "atr")}
    return market.with_columns(**prices, extreme_order=built.extreme_order, features=built.features)


def _front(market: MarketData) -> IntArray:
    """Rows of the first sessions, as many as the features need to warm up."""
    session = np.asarray(market.session)
    needed = market.warm_up_sessions
    if session[-1] + 1 < needed:
        raise ValueError(f"{session[-1] + 1} sessions, {needed} are needed to warm up the features")
    return np.flatnonzero(session < needed)


def _walked(market: MarketData, rows: IntArray, ahead: int, rng: np.random.Generator) -> Bars:
    """Bars of ``rows``, of which the first ``ahead`` lie before the market."""
    own = {n: np.asarray(getattr(market, n), np.int64)[rows] for n in ("open", "high", "low")}
    close, minute = (np.asarray(getattr(market, n), np.int64)[rows] for n in ("close", "minute"))
    if ahead:
        span = int(minute[ahead - 1] - minute[ahead])
        minute[:ahead] -= (span // WEEK + 1) * WEEK
    variance = (own["high"] - own["low"]) ** 2.0 / PARKINSON
    table = COARSE if variance.mean() >= COARSE_FROM else FINE
    lengths = np.floor(variance / table.variance + rng.random(len(rows))).astype(np.int64)
    walk = walk_bars(rng, table, lengths)
    gaps = np.abs(own["open"][1:] - close[:-1]) * (2 * rng.integers(0, 2, len(rows) - 1) - 1)
    level = own["open"][0] + np.r_[0, gaps.cumsum()]
    zeros = np.zeros(len(rows), np.int64)
    info = market.infos[0]
    return Bars(
        symbol=info.symbol,
        minute=minute,
        open=level + walk.open,
        high=level + walk.high,
        low=level + walk.low,
        close=level + walk.close,
        volume=np.asarray(market.volume, np.float64)[rows],
        extreme_order=walk.extreme_order,
        segment=zeros,
        adjustment=zeros,
        bar_minutes=info.bar_minutes,
        source=info.source,
        synthetic=True,
    )

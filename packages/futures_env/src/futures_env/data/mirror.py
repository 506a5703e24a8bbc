"""The market seen in a mirror: what rises falls, and what a buyer earns a seller earns.

Against a bias for one side, training may see both: the mirrored bars are a further contract segment
of the same market, with features of their own and starts of their own.
"""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from futures_env.codes import ExtremeOrder
from futures_env.data.bars import Bars
from futures_env.data.market import concat_markets
from futures_env.market.info import ArgumentError
from futures_env.market.table import MarketData

MOST_REPEATS = 50
"""A share is taken to the nearest fraction with a denominator of at most this."""

_SWAPPED = np.arange(len(ExtremeOrder), dtype=np.int8)
_SWAPPED[[ExtremeOrder.HIGH_FIRST, ExtremeOrder.LOW_FIRST]] = (
    ExtremeOrder.LOW_FIRST,
    ExtremeOrder.HIGH_FIRST,
)


def mirror_bars(bars: Bars) -> Bars:
    """The same history with prices upside down, between the same lowest and highest price.

    A price becomes lowest + highest - price, highs become lows and the order of the extremes is
    swapped; volume and time stay. Indicators and features are computed from the result like from
    any other bars.
    """
    pivot = int(bars.low.min()) + int(bars.high.max())
    return replace(
        bars,
        open=pivot - bars.open,
        high=pivot - bars.low,
        low=pivot - bars.high,
        close=pivot - bars.close,
        extreme_order=_SWAPPED[bars.extreme_order],
        adjustment=-bars.adjustment,
        source=f"{bars.source}, mirrored",
    )


def with_mirrored(market: MarketData, mirrored: MarketData, share: float) -> MarketData:
    """One market that is followed by its mirror image, in which a share of the episodes begin.

    Starts are drawn evenly from a list, in which each stands as often as the share asks for.

    Args:
        market: one market, cut to the training range.
        mirrored: made from the mirrored bars of the same history, cut to the same range.
        share: of episodes that begin in the mirror, above 0 and below 1.

    Raises:
        ArgumentError: a share out of range.
        ValueError: several markets, or the two do not have the same starts.
    """
    if not 0.0 < share < 1.0:
        raise ArgumentError(f"mirror share {share} must lie above 0 and below 1")
    _check_twins(market, mirrored)
    times = Fraction(share).limit_denominator(MOST_REPEATS)
    times = min(max(times, Fraction(1, MOST_REPEATS)), Fraction(MOST_REPEATS - 1, MOST_REPEATS))
    both = concat_markets([market, mirrored])
    columns = both.columns()
    plain, turned = np.split(columns["starts"], 2)
    plain = np.repeat(plain, times.denominator - times.numerator)
    starts = np.concatenate([plain, np.repeat(turned, times.numerator)])
    columns |= {
        "market": np.zeros_like(columns["market"]),
        "starts": starts,
        "start_offsets": np.array([0, len(starts)]),
    }
    return MarketData.from_columns(
        contract_table=market.contract_table,
        feature_names=both.feature_names,
        infos=market.infos,
        **columns,
    )


def _check_twins(market: MarketData, mirrored: MarketData) -> None:
    twins: Sequence[MarketData] = (market, mirrored)
    if any(one.num_markets != 1 for one in twins):
        raise ValueError("a market is mirrored by itself, before it is joined with others")
    rows = [np.asarray(one.minute)[np.asarray(one.starts)] for one in twins]
    if not np.array_equal(*rows):
        raise ValueError(
            f"the mirrored market has {len(rows[1])} starts, the market {len(rows[0])}, or others: "
            "make both from the same bars, and cut and filter them alike"
        )

"""The market seen in a mirror: what rises falls, and what a buyer earns a seller earns.

Against a bias for one side, training may see both: the mirrored bars are a further contract segment
of the same market, with features of their own and starts of their own.
"""

from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from futures_env.codes import ExtremeOrder
from futures_env.data.bars import Bars
from futures_env.data.market import concat_markets
from futures_env.market.columns import PER_BAR
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
    """Each market followed by its mirror image, in which a share of its episodes begin.

    Starts are drawn evenly from a list, in which each stands as often as the share asks for.

    Args:
        market: one market or several joined, cut to the training range.
        mirrored: made from the mirrored bars of the same histories, joined and cut alike.
        share: of episodes that begin in the mirror, above 0 and below 1.

    Raises:
        ArgumentError: a share out of range.
        ValueError: the two do not have the same markets with the same starts.
    """
    if not 0.0 < share < 1.0:
        raise ArgumentError(f"mirror share {share} must lie above 0 and below 1")
    _check_twins(market, mirrored)
    both = concat_markets([market, mirrored])
    columns = both.columns()
    own = columns["market"] % market.num_markets
    order = np.argsort(own, kind="stable")  # the rows of each market, then those of its image
    columns |= {name: columns[name][order] for name in PER_BAR} | {"market": own[order]}
    for name in ("session", "segment"):
        columns[name] = np.cumsum(np.diff(columns[name], prepend=columns[name][:1]) != 0)
    place = np.argsort(order)
    parts = np.split(place[columns["starts"]], columns["start_offsets"][1:-1])
    parts = [
        _in_proportion(plain, turned, share)
        for plain, turned in zip(
            parts[: market.num_markets], parts[market.num_markets :], strict=True
        )
    ]
    columns |= {
        "starts": np.concatenate(parts),
        "start_offsets": np.cumsum([0, *map(len, parts)]),
    }
    return MarketData.from_columns(
        contract_table=market.contract_table,
        feature_names=both.feature_names,
        infos=market.infos,
        **columns,
    )


def _in_proportion(
    plain: NDArray[np.int64], turned: NDArray[np.int64], share: float
) -> NDArray[np.int64]:
    """Starts of a market and of its image, repeated so that ``share`` of them lie in it."""
    times = Fraction(share).limit_denominator(MOST_REPEATS)
    times = min(max(times, Fraction(1, MOST_REPEATS)), Fraction(MOST_REPEATS - 1, MOST_REPEATS))
    kept = np.repeat(plain, times.denominator - times.numerator)
    return np.concatenate([kept, np.repeat(turned, times.numerator)])


def _check_twins(market: MarketData, mirrored: MarketData) -> None:
    twins = (market, mirrored)
    rows = [np.asarray(one.minute)[np.asarray(one.starts)] for one in twins]
    offsets = [np.asarray(one.start_offsets) for one in twins]
    if not (np.array_equal(offsets[0], offsets[1]) and np.array_equal(rows[0], rows[1])):
        raise ValueError(
            f"the mirrored market has {len(rows[1])} starts, the market {len(rows[0])}, or others: "
            "make both from the same bars, and join, cut and filter them alike"
        )

"""Probability of backtest overfitting, by combinatorially symmetric cross-validation.

Bailey, Borwein, Lopez de Prado and Zhu, "The Probability of Backtest Overfitting" (2017).
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

FloatArray = NDArray[np.float64]

FEWEST_DAYS = 4
MOST_BLOCKS = 16
"""Blocks of days: 12,870 ways to take half of them."""


@dataclass(frozen=True, kw_only=True)
class Overfitting:
    """What choosing the best of several strategies is worth on days that did not choose it.

    Attributes:
        probability: share of the splits in which the strategy with the best Sharpe ratio of one
            half comes out at or under the median of the other half; 0.5 where choosing is luck.
        probability_of_loss: share of the splits in which it loses money in the other half.
        strategies, days, blocks, splits: what it was counted over.
    """

    probability: float
    probability_of_loss: float
    strategies: int
    days: int
    blocks: int
    splits: int

    def told(self, what: str) -> str:
        """One sentence; ``what`` was chosen, as in ``run``."""
        return (
            f"Probability of overfitting: {self.probability:.1%} of {self.splits:,} splits have "
            f"the best {what} of one half at or under the median of the other; it loses money "
            f"there in {self.probability_of_loss:.1%}"
        )


def overfitting(pnl_usd: ArrayLike, blocks: int | None = None) -> Overfitting:
    """Choose on one half of the days, look at the other, for every way to halve the blocks.

    Args:
        pnl_usd: (days, strategies) daily P&L of all that were chosen from.
        blocks: even number of blocks of consecutive days; None: up to 16, two days each at least.

    Raises:
        ValueError: for fewer than 2 strategies, 4 days, or a wrong number of blocks.
    """
    data = np.asarray(pnl_usd, np.float64)
    if data.ndim != 2 or data.shape[1] < 2 or data.shape[0] < FEWEST_DAYS:
        raise ValueError(f"pnl_usd: (4 or more days, 2 or more strategies), got {data.shape}")
    days, strategies = data.shape
    count = min(MOST_BLOCKS, days // 4 * 2) if blocks is None else blocks
    if count < 2 or count % 2 or count > days // 2:
        raise ValueError(f"blocks must be even, from 2 to {days // 2} for {days} days, not {count}")
    parts = np.array_split(data, count)
    sums = np.array([[len(part) * np.ones(strategies), part.sum(0), (part**2).sum(0)]
                     for part in parts])  # fmt: skip
    seen = np.tensordot(_halves(count), sums, 1)
    unseen = sums.sum(axis=0) - seen
    best = np.argmax(_ratios(seen), axis=1)
    picks = np.arange(len(best))
    ranks = rankdata(_ratios(unseen), axis=1)[picks, best]
    return Overfitting(
        probability=float(np.mean(ranks / (strategies + 1) <= 0.5)),
        probability_of_loss=float(np.mean(unseen[picks, 1, best] < 0)),
        strategies=strategies,
        days=days,
        blocks=count,
        splits=len(best),
    )


def _halves(blocks: int) -> FloatArray:
    """(splits, blocks) 1 where a block belongs to the half that chooses."""
    picks = np.array(list(combinations(range(blocks), blocks // 2)))
    chosen = np.zeros((len(picks), blocks))
    np.put_along_axis(chosen, picks, 1.0, axis=1)
    return chosen


def _ratios(sums: FloatArray) -> FloatArray:
    """(splits, strategies) Sharpe ratios from (splits, 3, strategies) n, sum and sum of squares.

    A strategy without any variation has the ratio 0.
    """
    count, total, squares = np.moveaxis(sums, 1, 0)
    mean = total / count
    variance = (squares - count * mean**2) / (count - 1)
    flat = variance <= 1e-12 * squares / count
    return np.where(flat, 0.0, mean / np.sqrt(np.where(flat, 1.0, variance)))

"""Confidence intervals of a mean over days that may depend on one another."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, stdtrit


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A mean with its two-sided confidence interval, in the unit of the values."""

    mean: float
    low: float
    high: float
    level: float
    num_values: int
    block_length: int

    def covers(self, value: float) -> bool:
        """Whether ``value`` lies inside the interval, its ends included."""
        return self.low <= value <= self.high


def default_block_length(num_values: int) -> int:
    """Block length of order n^(1/3), the rate of Hall, Horowitz and Jing (1995)."""
    return max(1, round(num_values ** (1 / 3)))


def expanded_level(level: float, num_blocks: int) -> float:
    """Nominal level at which a percentile interval over ``num_blocks`` blocks covers ``level``.

    The percentile interval is too narrow in small samples: it misses the factor sqrt(n / (n - 1))
    and the tails of Student's t. Its percentiles are moved out to make up for both (Hesterberg,
    "What Teachers Should Know About the Bootstrap", 2015, section 5.3), with the blocks as the
    sample. On 20 independent days of Student-t(4) values this covers the mean in 95 % of the
    cases; counting days instead of blocks covers it in 90 %.
    """
    if num_blocks < 2:
        return level
    quantile = stdtrit(num_blocks - 1, (1 + level) / 2)
    return float(2 * ndtr(np.sqrt(num_blocks / (num_blocks - 1)) * quantile) - 1)


def mean_interval(
    values: ArrayLike,
    *,
    level: float = 0.95,
    block_length: int | None = None,
    num_resamples: int = 10_000,
    seed: int = 0,
) -> Interval:
    """Interval of the mean by the circular block bootstrap with expanded percentiles.

    The resampled indices are those of ``arch.bootstrap.CircularBlockBootstrap`` for the same
    generator (tests/eval_tools/test_bootstrap.py).

    Args:
        values: (n,) one value per day, in order.
        level: coverage wanted, between 0 and 1.
        block_length: days per block; None: ``default_block_length(n)``.
        num_resamples: bootstrap samples.
        seed: of NumPy's default generator; the same seed gives the same interval.

    Raises:
        ValueError: without values, or for a level or block length out of range.
    """
    data = np.asarray(values, dtype=np.float64)
    if data.ndim != 1 or data.size == 0:
        raise ValueError(f"values: one value per day is needed, got shape {data.shape}")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    length = default_block_length(data.size) if block_length is None else block_length
    if not 1 <= length <= data.size:
        raise ValueError(f"block_length must lie in 1..{data.size} (the days), got {length}")
    means = data[_block_indices(data.size, length, num_resamples, seed)].mean(axis=1)
    tail = (1 - expanded_level(level, -(-data.size // length))) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(
        mean=float(data.mean()),
        low=float(low),
        high=float(high),
        level=level,
        num_values=data.size,
        block_length=length,
    )


def _block_indices(num_values: int, length: int, resamples: int, seed: int) -> NDArray[np.int64]:
    """(resamples, num_values) indices: random blocks that wrap around, cut to the right size."""
    num_blocks = -(-num_values // length)
    starts = np.random.default_rng(seed).integers(num_values, size=(resamples, num_blocks))
    indices = (starts[:, :, None] + np.arange(length)).reshape(resamples, -1)
    return indices[:, :num_values] % num_values

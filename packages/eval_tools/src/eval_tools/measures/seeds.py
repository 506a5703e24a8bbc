"""What several seeds of one configuration show together: interquartile mean and its interval.

Agarwal et al., "Deep Reinforcement Learning at the Edge of the Statistical Precipice" (2021).
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import trim_mean

from eval_tools.measures.bootstrap import Interval, expanded_level

CUT = 0.25
"""Share cut off at either end."""


def interquartile_mean(scores: ArrayLike) -> float:
    """Mean of the middle half of all scores, of whatever shape."""
    return float(trim_mean(np.ravel(np.asarray(scores, np.float64)), CUT))


def seed_interval(
    scores: ArrayLike, *, level: float = 0.95, num_resamples: int = 10_000, seed: int = 0
) -> Interval:
    """Interquartile mean over seeds with a stratified bootstrap interval.

    Seeds are drawn with replacement inside each stratum by itself. The percentiles are moved out
    for few seeds, as in ``mean_interval``.

    Args:
        scores: (seeds,) or (seeds, strata), e.g. one column per market.
        level: coverage wanted, between 0 and 1.
        num_resamples: bootstrap samples.
        seed: of NumPy's default generator.

    Raises:
        ValueError: for fewer than 2 seeds.
    """
    data = np.asarray(scores, np.float64)
    data = data[:, None] if data.ndim == 1 else data
    if data.ndim != 2 or len(data) < 2:
        raise ValueError(f"scores: 2 or more seeds are needed, got shape {data.shape}")
    count, strata = data.shape
    picks = np.random.default_rng(seed).integers(count, size=(num_resamples, strata, count))
    drawn = np.take_along_axis(data.T[None], picks, axis=2).reshape(num_resamples, -1)
    tail = (1 - expanded_level(level, count)) / 2
    low, high = np.quantile(trim_mean(drawn, CUT, axis=1), [tail, 1 - tail])
    return Interval(
        mean=interquartile_mean(data),
        low=float(low),
        high=float(high),
        level=level,
        num_values=count,
        block_length=1,
    )

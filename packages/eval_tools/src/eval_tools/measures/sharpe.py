"""Whether a Sharpe ratio is more than luck: probabilistic and deflated.

Bailey and Lopez de Prado, "The Sharpe Ratio Efficient Frontier" (2012) and "The Deflated Sharpe
Ratio" (2014). Ratios here are per day, not annualised, against a riskless rate of 0.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri
from scipy.stats import kurtosis, skew

FEWEST_DAYS = 3
"""Under this many days the third and fourth moment mean nothing."""


@dataclass(frozen=True, kw_only=True)
class SharpeRatio:
    """A daily Sharpe ratio with the moments that decide how uncertain it is.

    Attributes:
        ratio: mean over standard deviation (n - 1) of the daily P&L.
        days: n.
        skew: third standardised moment.
        kurtosis: fourth standardised moment, 3 for a normal distribution.
    """

    ratio: float
    days: int
    skew: float
    kurtosis: float

    @classmethod
    def of(cls, pnl_usd: ArrayLike) -> "SharpeRatio | None":
        """Of (n,) daily P&L; None for fewer than 3 days or days that are all alike."""
        pnl = np.asarray(pnl_usd, np.float64)
        if pnl.size < FEWEST_DAYS or np.ptp(pnl) == 0:
            return None
        return cls(
            ratio=float(pnl.mean() / pnl.std(ddof=1)),
            days=pnl.size,
            skew=float(skew(pnl)),
            kurtosis=float(kurtosis(pnl, fisher=False)),
        )

    def probabilistic(self, benchmark: float = 0.0) -> float:
        """Probability that the true daily ratio lies above ``benchmark``."""
        spread = 1 - self.skew * self.ratio + (self.kurtosis - 1) / 4 * self.ratio**2
        return float(ndtr((self.ratio - benchmark) * np.sqrt((self.days - 1) / spread)))

    def deflated(self, trials: int, variance: float | None = None) -> float:
        """Probability that the true ratio lies above what the best of ``trials`` shows by luck.

        Args:
            trials: strategies tried, independent of each other; alike ones count for fewer, so
                that counting all of them errs on the strict side.
            variance: of the daily ratios over the trials; None: 1 / (n - 1), that of ratios
                estimated on n days without any skill.
        """
        luck = 1 / (self.days - 1) if variance is None else variance
        return self.probabilistic(expected_best_ratio(trials, luck))


def expected_best_ratio(trials: int, variance: float) -> float:
    """Expected largest of ``trials`` normal ratios of mean 0; 0 for a single one.

    Raises:
        ValueError: without a trial, or for a negative variance.
    """
    if trials < 1 or variance < 0:
        raise ValueError(f"{trials} trials of variance {variance}: at least 1 trial, variance >= 0")
    if trials == 1:
        return 0.0
    quantiles = ndtri([1 - 1 / trials, 1 - 1 / (trials * np.e)])
    weights = [1 - np.euler_gamma, np.euler_gamma]
    return float(np.sqrt(variance) * np.dot(weights, quantiles))

"""A probability from attempts that overlap: counted by how many of them do not."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri


@dataclass(frozen=True, kw_only=True)
class Chance:
    """A probability from attempts that may overlap.

    Attributes:
        share: of the attempts.
        low, high: Wilson's interval with the effective number in the place of the number.
        attempts: how many.
        effective: how many that do not overlap cover the same sessions.
    """

    share: float
    low: float
    high: float
    attempts: int
    effective: float


def chance_of(table: pd.DataFrame, level: float) -> Chance:
    """P(pass) of a table of attempts, counted by how many of them do not overlap.

    Args:
        table: columns of ``ATTEMPT_COLUMNS``, at least one row.
        level: coverage of the interval.
    """
    effective = effective_number(
        table["session"].to_numpy(np.int64), table["sessions"].to_numpy(np.int64)
    )
    share = float((table["outcome"] == "passed").mean())
    low, high = wilson(share, effective, level)
    return Chance(share=share, low=low, high=high, attempts=len(table), effective=effective)


def effective_number(first: np.ndarray, sessions: np.ndarray) -> float:
    """How many attempts of mean length the covered sessions hold, at most as many as there are.

    Args:
        first: (n,) session in which each attempt begins.
        sessions: (n,) sessions that each lasts.
    """
    last = first + sessions
    begins, ends = np.sort(first), np.maximum.accumulate(last[np.argsort(first, kind="stable")])
    gaps = np.maximum(begins[1:] - ends[:-1], 0).sum()
    covered = ends[-1] - begins[0] - gaps
    return float(min(len(first), covered / sessions.mean()))


def wilson(share: float, number: float, level: float) -> tuple[float, float]:
    """Wilson's score interval of a share of ``number`` independent trials, a whole one or not."""
    z = float(ndtri((1 + level) / 2))
    middle = (share + z**2 / (2 * number)) / (1 + z**2 / number)
    half = z / (1 + z**2 / number) * np.sqrt(share * (1 - share) / number + (z / number / 2) ** 2)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))

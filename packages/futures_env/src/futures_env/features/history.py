"""What a feature is, and what it may read."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class History:
    """All bars of one market before session filtering: what a feature may read.

    Prices are ticks with the jumps at contract rolls taken out. Row ``t`` of a feature may read
    rows ``<= t`` only (``tests/futures_env/unit/data/test_causality.py``).
    """

    open: FloatArray  # (T,) ticks
    high: FloatArray  # (T,) ticks
    low: FloatArray  # (T,) ticks
    close: FloatArray  # (T,) ticks
    volume: FloatArray  # (T,) contracts
    atr: FloatArray  # (T,) ticks, NaN during its warm-up
    minute_of_day: NDArray[np.int64]  # (T,) New York, bar start
    day: NDArray[np.int64]  # (T,) index of the trading day: 0, 1, 2, ...
    session_left: FloatArray  # (T,) share of the session left until flat-by, 0 to 1
    bar_minutes: int
    minute: NDArray[np.int64]  # (T,) bar start, minutes since 1970-01-01 UTC
    tradable: NDArray[np.bool_]  # (T,) inside the session: the rows that an observation may show

    def stamp(self, row: int) -> str:
        """Start of a bar for a message, e.g. ``2025-02-03 14:30 UTC``."""
        return str(np.datetime64(int(self.minute[row]), "m")).replace("T", " ") + " UTC"


FeatureFunction = Callable[[History], FloatArray]


@dataclass(frozen=True)
class Feature:
    """One column of the observation window.

    Attributes:
        name: unique name of the column.
        function: ``History`` -> (T,) float64, causal; clipped to [-10, 10] by the pipeline.
        warm_up: bars at the start of the history for which the value does not count.
        warm_up_sessions: the same in sessions.
        takes_fewer: whether the value also counts after fewer sessions, where a market is built
            with a shorter warm-up; it then reads the sessions there are.
        remedy: what to do where a bar has no finite value.
    """

    name: str
    function: FeatureFunction
    warm_up: int = 0
    warm_up_sessions: int = 0
    takes_fewer: bool = False
    remedy: str = "guard its division or give it a longer warm_up"

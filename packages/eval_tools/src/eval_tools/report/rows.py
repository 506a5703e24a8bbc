"""What the sections of attempts, folds and sweeps are made of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval_tools.measures.bootstrap import Interval


@dataclass(frozen=True, kw_only=True)
class Fan:
    """Equity of attempts from their start, by trading day; all in US dollars from the start.

    Attributes:
        paths: (n,) each, equity minus the start balance, 0 first.
        passed: whether each ended in a pass.
        floors: (n,) each, the account's floor on the same days.
        target: profit to reach.
    """

    title: str
    paths: Sequence[NDArray[np.float64]]
    passed: Sequence[bool]
    floors: Sequence[NDArray[np.float64]]
    target: float


@dataclass(frozen=True, kw_only=True)
class FoldRow:
    """One fold of a walk-forward: its ranges and gates in words, and what its test gave.

    Attributes:
        interval: of the mean daily P&L of the test, USD.
        breaches: failures of the accounts of its sessions.
    """

    fold: int
    train: str
    validation: str
    test: str
    chosen: str
    gates: str
    interval: Interval
    trades: int
    breaches: int


@dataclass(frozen=True, kw_only=True)
class Folds:
    """All folds, and how they follow each other in words."""

    remark: str
    rows: tuple[FoldRow, ...]


@dataclass(frozen=True, kw_only=True)
class SweepRow:
    """One checkpoint on the validation slices."""

    step: int
    place: str
    mean_usd: float
    low: float
    high: float
    trades: int
    breaches: int
    chosen: bool

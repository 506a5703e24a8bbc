"""What the sections of attempts, folds and sweeps are made of."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class AttemptsRow:
    """One rule set at one size.

    Attributes:
        rules, size: in words.
        attempts: start days tried; ``effective`` of them do not overlap.
        p_pass, low, high: share that passes, with its interval.
        null: driftless P(pass) of the same rule set on matched martingales, ``null_low`` to
            ``null_high`` its interval.
        closed_form: the formula's value; None where none holds.
        failed: share that fails, by reason in words.
        days_to_pass: median trading days of those that pass; None: none does.
        value_usd: expected value of an attempt after fees.
    """

    rules: str
    size: str
    attempts: int
    effective: float
    p_pass: float
    low: float
    high: float
    null: float
    null_low: float
    null_high: float
    closed_form: float | None
    failed: dict[str, float] = field(default_factory=dict)
    days_to_pass: float | None
    value_usd: float | None


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
    """One fold of a walk-forward: its ranges in words, and the test's mean daily P&L."""

    fold: int
    train: str
    validation: str
    test: str
    chosen: str
    mean_usd: float
    low: float
    high: float
    trades: int


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

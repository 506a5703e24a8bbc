"""What the folds recorded, and what each of them is in the result over all of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eval_tools.conditions.looks import with_looks
from eval_tools.conditions.training import Exposure, Seen, TrainingRecord
from eval_tools.conditions.trials import Trials
from eval_tools.measures.bootstrap import mean_interval
from eval_tools.outcome import Evaluation
from eval_tools.pipeline.ranges import Ranges
from eval_tools.pipeline.trainer import PHASES, Trained
from eval_tools.report.rows import FoldRow
from futures_env.market.table import MarketData
from futures_env.types import EnvParams


@dataclass(frozen=True, kw_only=True)
class Fold:
    """A fold that is trained.

    Attributes:
        number: from 1.
        folder: of its runs.
    """

    number: int
    ranges: Ranges
    folder: Path
    trained: Trained

    @property
    def step(self) -> int:
        """Updates of the Phase 2 checkpoint that was chosen."""
        return self.trained.policies[-1].metadata["step"]

    def tests(self, days: pd.Series) -> pd.Series:
        """Which of the days are those of its test."""
        return days.between(self.ranges.test.start, self.ranges.test.end)


@dataclass(frozen=True, kw_only=True)
class FoldsRecord(TrainingRecord):
    """What the runs of all folds recorded; the facts are those of the last fold.

    Attributes:
        folds: each with its fold.
    """

    folds: tuple[tuple[Fold, TrainingRecord], ...]

    @classmethod
    def of_folds(cls, folds: Sequence[tuple[Fold, TrainingRecord]]) -> "FoldsRecord":
        """The record of a walk-forward: every checkpoint validated and every look is a trial."""
        _, last = folds[-1]
        trials = Trials(
            checkpoints=sum(
                record.trials.members * record.trials.checkpoints for _, record in folds
            ),
            looks=sum(record.trials.looks for _, record in folds),
        )
        return cls(
            checkpoint=", ".join(f"{fold.folder.name} step {fold.step}" for fold, _ in folds),
            facts=last.facts,
            params=last.params,
            started_from_agent=False,  # Phase 1 of a fold saw the fold's own days only
            chosen_by=last.chosen_by,
            trials=trials,
            folds=tuple(folds),
        )

    def exposure(self, market: MarketData, sessions: pd.DataFrame) -> Exposure:
        """Each fold has seen what its own run recorded, and is asked of its own test only."""
        found = [
            record.exposure(market, sessions[fold.tests(sessions["date"])])
            for fold, record in self.folds
        ]
        seen = [one for one in found if one.seen is not Seen.HELD]
        if not seen:
            return found[0]
        return replace(seen[0], sessions=sum(one.sessions for one in seen))

    def __str__(self) -> str:
        last = super().__str__()
        return f"each of {len(self.folds)} folds on its own past only; the last one {last}"


def turns(market: MarketData, folds: Sequence[Fold]) -> NDArray[np.int32]:
    """(num_bars,) int32, the place of the fold that tests the day of each row; 0 outside tests."""
    starts = np.array([fold.ranges.test.start for fold in folds], "datetime64[D]")
    days = np.asarray(market.date).astype("datetime64[D]")
    return np.maximum(np.searchsorted(starts, days, side="right") - 1, 0).astype(np.int32)


def fold_record(fold: Fold, sessions: pd.DataFrame, params: EnvParams) -> TrainingRecord:
    """What the fold's run recorded, with the looks at its test that came before this one."""
    folder = fold.folder / f"phase{PHASES[-1]}"
    record = TrainingRecord.of(folder, fold.trained.policies[-1].metadata)
    own = sessions[fold.tests(sessions["date"])]
    return replace(with_looks(record, folder, own, params), started_from_agent=False)


def fold_rows(found: Evaluation, folds: Sequence[Fold], seed: int) -> tuple[FoldRow, ...]:
    """Each fold on its own test, out of the evaluation over all of them."""
    subject = found.subject
    by_day = subject.daily.index.to_series()
    rows = []
    for fold in folds:
        daily = subject.daily[fold.tests(by_day)]
        gates = [gate.passed for phase in fold.trained.gates for gate in phase]
        own = found.slices[found.slices["policy"] == subject.name]
        own = own[fold.tests(pd.to_datetime(own["slice"].str.partition("/")[0]))]
        rows.append(
            FoldRow(
                fold=fold.number,
                train=str(fold.ranges.train),
                validation=str(fold.ranges.validation),
                test=str(fold.ranges.test),
                chosen=f"update {fold.step:,}",
                gates=f"{sum(gates)} of {len(gates)}",
                interval=mean_interval(daily, level=subject.interval.level, seed=seed),
                trades=int(own["trades"].sum()),
                breaches=int(own["breaches"].sum()),
            )
        )
    return tuple(rows)

"""Fold after fold, each done once; then one look at all tests together."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from eval_tools.conditions.market import DataSource
from eval_tools.formats import count
from eval_tools.outcome import Evaluation
from eval_tools.pipeline.phases import Phases, Progress
from eval_tools.pipeline.ranges import Ranges
from eval_tools.pipeline.record import Record
from eval_tools.report.rows import Folds
from eval_tools.walk_forward.folds import Calendar, Plan, fold_ranges
from eval_tools.walk_forward.together import Fold, fold_rows, tested_together
from futures_env.market.table import MarketData

RECORD, FOLD = "walk-forward.json", "fold.json"
"""What the run, and each of its folds, has done."""


@dataclass(frozen=True, kw_only=True)
class Walked:
    """What came out: one evaluation over the tests of all folds, and the folds by themselves."""

    evaluation: Evaluation
    folds: Folds


@dataclass(frozen=True, kw_only=True)
class WalkForward:
    """One walk-forward; a fold lies in a folder of its own, trained as a pipeline trains.

    Attributes:
        plan: how the folds follow each other.
        phases: how the phases of a fold are trained; its record is the whole run's.
        null: makes the matched martingale of the market; None: there is none.
    """

    plan: Plan
    phases: Phases
    null: Callable[[MarketData], MarketData | None]

    def test(self) -> Walked:
        """Do what is not done yet, up to the evaluation over the tests of all folds.

        Raises:
            RunError: files of the run are not what the run wrote.
            ValueError: the bars or settings cannot be used.
            TrainingError: training cannot go on.
            GateError: a gate failed and the settings are strict.
        """
        phases = self.phases
        with phases.progress.stage("market"):
            market = phases.markets.market()
            if phases.settings.mirror:
                phases.markets.mirrored()
            calendar = Calendar.of(market, phases.window(market))
            ranges = self._ranges(market, calendar)
        folds = [self._fold(number, market, one) for number, one in enumerate(ranges, start=1)]
        with phases.progress.stage("test"):
            found = tested_together(phases, market, folds, null=self.null(market))
        rows = fold_rows(found, folds, phases.options)
        return Walked(evaluation=found, folds=Folds(remark=self._remark(calendar), rows=rows))

    def _ranges(self, market: MarketData, calendar: Calendar) -> list[Ranges]:
        ranges = fold_ranges(calendar, self.plan)
        self.phases.say(f"{DataSource.of(market).headline}\n{self._remark(calendar)}")
        self.phases.record.repeat("folds", {"ranges": [asdict(one) for one in ranges]})
        return ranges

    def _remark(self, calendar: Calendar) -> str:
        return (
            f"{count(self.plan.folds, 'fold')}, {self.plan.kind}; between the ranges of a fold at "
            f"least {calendar.purge_bars} bars (the window and the longest session, which is the "
            f"longest hold), and an embargo of {count(self.plan.embargo, 'session')}."
        )

    def _fold(self, number: int, market: MarketData, ranges: Ranges) -> Fold:
        """A fold with its policies; trained in its own folder where that is not done."""
        phases, name = self.phases, f"fold {number} of {self.plan.folds}"
        folder = phases.record.folder / f"fold-{number:02}"
        phases.say(f"\n{name}\n{ranges}")
        record = _opened(folder, {"fold": number})
        record.repeat("split", asdict(ranges))
        own = replace(phases, record=record, progress=_Named(progress=phases.progress, name=name))
        trained = own.train(market, ranges)
        return Fold(number=number, ranges=ranges, folder=folder, trained=trained)


@dataclass(frozen=True, kw_only=True)
class _Named:
    """Tells the stages of a fold by its name."""

    progress: Progress
    name: str

    def tell(self, text: str) -> None:
        self.progress.tell(text)

    @contextmanager
    def stage(self, name: str) -> Generator[None]:
        with self.progress.stage(f"{self.name}, {name}"):
            yield


def _opened(folder: Path, settings: dict[str, Any]) -> Record:
    """The record of a fold, begun where there is none."""
    if (folder / FOLD).is_file():
        return Record.open(folder, FOLD)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()  # stopped before anything was written
    return Record.create(folder, settings, FOLD)

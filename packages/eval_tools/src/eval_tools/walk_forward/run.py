"""Fold after fold, each done once; then one look at all tests together."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from eval_tools.conditions.market import DataSource
from eval_tools.evaluation import (
    Contender,
    Options,
    baseline_contenders,
    evaluate,
    fixed_bracket,
    under_rules,
)
from eval_tools.formats import count
from eval_tools.outcome import Evaluation
from eval_tools.pipeline.ranges import Ranges
from eval_tools.pipeline.record import Record
from eval_tools.pipeline.trainer import PHASES, Progress, Trainer
from eval_tools.policies.agents import agent_policy
from eval_tools.policies.baselines import Baseline
from eval_tools.policies.turns import InTurns
from eval_tools.report.rows import Folds
from eval_tools.walk_forward.folds import Calendar, Plan, fold_ranges
from eval_tools.walk_forward.together import Fold, FoldsRecord, fold_record, fold_rows, turns
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
    phases: Trainer
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
            market = phases.markets.opened(mirror=phases.settings.mirror > 0)
            calendar = Calendar.of(market, phases.window(market))
            ranges = self._ranges(market, calendar)
        folds = [self._fold(number, market, one) for number, one in enumerate(ranges, start=1)]
        with phases.progress.stage("test"):
            found = self._together(market, folds)
        rows = fold_rows(found, folds, phases.settings.seed)
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
        own = phases.of_run(record, _Named(progress=phases.progress, name=name))
        trained = own.train(market, ranges)
        return Fold(number=number, ranges=ranges, folder=folder, trained=trained)

    def _together(self, market: MarketData, folds: Sequence[Fold]) -> Evaluation:
        """The policies of all folds as one, beside what stands beside any policy.

        Every session is traded by the policy of the fold that tests it; the long account goes
        through all tests, and is handed from fold to fold.
        """
        phases, settings = self.phases, self.phases.settings
        earlier, subject = (self._in_turns(phase, market, folds) for phase in PHASES)
        sessions = pd.concat(
            [phases.sessions(market, fold.ranges.test) for fold in folds], ignore_index=True
        ).sort_values(["market", "date"], ignore_index=True)
        records = [(fold, fold_record(fold, sessions, subject.params)) for fold in folds]
        baselines = baseline_contenders(subject.env, subject.params, tuple(Baseline))
        return evaluate(
            subject,
            [*baselines, fixed_bracket(subject), earlier],
            sessions,
            Options(seed=settings.seed, reenter=settings.reenter),
            training=FoldsRecord.of_folds(records),
            rules=settings.evaluated_rules,
            null=self.null(market),
            progress=phases.progress.tell,
        )

    def _in_turns(self, phase: int, market: MarketData, folds: Sequence[Fold]) -> Contender:
        policies = [agent_policy(fold.trained.policies[PHASES.index(phase)]) for fold in folds]
        return under_rules(
            f"walk-forward, Phase {phase}",
            self.phases.env(market, phase),
            InTurns.of(policies, turns(market, folds)),
            self.phases.settings.evaluated_rules,
        )


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

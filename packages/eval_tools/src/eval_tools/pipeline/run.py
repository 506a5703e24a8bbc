"""The stages in their order, each done once: what is recorded as done is read, not repeated."""

from dataclasses import asdict, dataclass, replace

from eval_tools.conditions.looks import with_looks
from eval_tools.conditions.market import DataSource
from eval_tools.conditions.training import TrainingRecord
from eval_tools.evaluation import Options, baseline_contenders, evaluate, fixed_bracket, under_rules
from eval_tools.outcome import Evaluation
from eval_tools.pipeline.ranges import EMBARGO, Range, Ranges, divide, sessions_of_each
from eval_tools.pipeline.settings import Settings
from eval_tools.pipeline.shown import phase_training
from eval_tools.pipeline.trainer import PHASES, Trained, Trainer
from eval_tools.policies.agents import agent_policy
from eval_tools.report.training import PhaseTraining
from futures_env.market.table import MarketData


@dataclass(frozen=True, kw_only=True)
class Tested:
    """What came out: the evaluation on the test range, and how each phase was trained."""

    evaluation: Evaluation
    phases: tuple[PhaseTraining, ...]


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """One run of the pipeline.

    Attributes:
        settings: what is asked.
        phases: how its phases are trained.
    """

    settings: Settings
    phases: Trainer

    def test(self) -> Tested:
        """Do what is not done yet, up to the evaluation on the test range.

        Raises:
            RunError: files of the run are not what the run wrote.
            ValueError: the bars or settings cannot be used.
            TrainingError: training cannot go on.
            GateError: a gate failed and the settings are strict.
        """
        phases = self.phases
        with phases.progress.stage("market"):
            market = phases.markets.opened(mirror=self.settings.mirror > 0)
            ranges = self._ranges(market)
        trained = phases.train(market, ranges)
        with phases.progress.stage("test"):
            evaluation = self._test(market, ranges.test, trained)
        shown = [
            phase_training(phases.record.folder, phase, found)
            for phase, found in zip(PHASES, trained.gates, strict=True)
        ]
        return Tested(evaluation=evaluation, phases=tuple(shown))

    def _ranges(self, market: MarketData) -> Ranges:
        settings = self.settings
        ranges = divide(
            market,
            train_start=settings.train_start,
            train_end=settings.train_end,
            test_start=settings.test_start,
            test_end=settings.test_end,
        )
        self.phases.say(
            f"{DataSource.of(market).headline}\n{ranges}\n"
            f"  embargo of {EMBARGO} session between them"
        )
        for name, counts in sessions_of_each(market, ranges).items():
            if market.num_markets > 1:
                parts = ", ".join(f"{part} {count}" for part, count in counts.items())
                self.phases.say(f"  {name}: {parts} sessions")
        self.phases.record.repeat("split", asdict(ranges))
        return ranges

    def _test(self, market: MarketData, test: Range, trained: Trained) -> Evaluation:
        """Phase 2 beside always flat, random legal, its fixed bracket and the Phase 1 policy."""
        phases = self.phases
        folder = phases.record.folder / "phase2"
        earlier, subject = (
            under_rules(
                f"Phase {phase} policy",
                phases.env(market, phase),
                agent_policy(policy),
                self.settings.evaluated_rules,
            )
            for phase, policy in zip(PHASES, trained.policies, strict=True)
        )
        sessions = phases.sessions(market, test)
        record = TrainingRecord.of(folder, trained.policies[-1].metadata)
        record = with_looks(record, folder, sessions, subject.params)
        return evaluate(
            subject,
            [
                *baseline_contenders(subject.env, subject.params),
                fixed_bracket(subject),
                earlier,
            ],
            sessions,
            Options(seed=self.settings.seed, reenter=self.settings.reenter),
            # the agent it began from saw the same days
            training=replace(record, started_from_agent=False),
            rules=self.settings.evaluated_rules,
            progress=phases.progress.tell,
        )

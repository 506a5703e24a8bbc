"""The stages in their order, each done once: what is recorded as done is read, not repeated."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

import pandas as pd

from eval_tools.conditions.looks import with_looks
from eval_tools.conditions.market import DataSource
from eval_tools.conditions.parameters import production_params
from eval_tools.conditions.training import TrainingRecord
from eval_tools.evaluation import Contender, Options, baseline_contenders, evaluate, fixed_bracket
from eval_tools.gates import Gate, phase1_gates, phase2_gates, require_all
from eval_tools.outcome import Evaluation
from eval_tools.pipeline.ranges import Range, Ranges, divide, sessions_of_each
from eval_tools.pipeline.record import Record
from eval_tools.pipeline.settings import Settings
from eval_tools.pipeline.shown import phase_training
from eval_tools.pipeline.training import conditions, train_phase, validation
from eval_tools.policies.agents import agent_policy
from eval_tools.report.training import PhaseTraining
from eval_tools.rollout.sessions import sessions_between
from futures_env import (
    filter_training,
    market_hash,
    save_market,
    slice_market,
    with_mirrored,
)
from futures_env.data.store import open_market
from futures_env.env import FuturesEnv
from futures_env.market.table import MarketData
from ppo_agent.policy import Policy
from ppo_agent.storage.run_directory import read_rows
from ppo_agent.transfer import transfer
from ppo_agent.types import Learned, RunError

MARKET, MIRRORED = "market.npz", "mirrored.npz"
PHASES = (1, 2)


class Progress(Protocol):
    """Who is told what goes on."""

    def tell(self, text: str) -> None:
        """One line about what is done next."""
        ...

    def stage(self, name: str) -> Any:
        """A context manager around a stage."""
        ...


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
        record: of the run.
        bars: opens or makes the market, or its mirror image, and gives the report of the import,
            empty where nothing was imported; asked only where the run does not hold it yet.
        make_env: environment of a phase on a market, with a window or the market's own.
        progress: told what goes on.
        say: told, in words, what came out of a stage.
    """

    settings: Settings
    record: Record
    bars: Callable[[bool], tuple[MarketData, str]]
    make_env: Callable[[MarketData, int, int | None], FuturesEnv]
    progress: Progress
    say: Callable[[str], None]

    def test(self) -> Tested:
        """Do what is not done yet, up to the evaluation on the test range.

        Raises:
            RunError: files of the run are not what the run wrote.
            ValueError: the bars or settings cannot be used.
            TrainingError: training cannot go on.
            GateError: a gate failed and the settings are strict.
        """
        with self.progress.stage("market"):
            market = self._market("market", MARKET, mirror=False)
            if self.settings.mirror:
                self._market("mirror", MIRRORED, mirror=True)
            ranges = self._ranges(market)
        policies: list[Policy] = []
        gates: list[list[Gate]] = []
        for phase in PHASES:
            with self.progress.stage(f"Phase {phase}"):
                policies.append(self._phase(phase, market, ranges, policies))
            with self.progress.stage(f"gate of Phase {phase}"):
                gates.append(self._gate(phase, market, ranges.validation, policies))
        with self.progress.stage("test"):
            evaluation = self._test(market, ranges.test, policies)
        shown = [
            phase_training(self.record.folder, phase, found)
            for phase, found in zip(PHASES, gates, strict=True)
        ]
        return Tested(evaluation=evaluation, phases=tuple(shown))

    def _market(self, stage: str, name: str, *, mirror: bool) -> MarketData:
        file, done = self.record.folder / name, self.record.done(stage)
        if done is None:
            market, report = self.bars(mirror)
            save_market(market, file)
            done = asdict(DataSource.of(market)) | {"import": report}
            self.record.finish(stage, done, file)
        else:
            market = open_market(file)
        if done["import"] and not mirror:
            self.say(done["import"])
        return market

    def _training_market(
        self, market: MarketData, train: Range, window: int
    ) -> tuple[MarketData, float]:
        """What a phase trains on, and the share of its starts that a filter kept."""
        settings = self.settings
        trained = slice_market(market, train.start, train.end, window)
        if settings.mirror:
            mirrored = open_market(self.record.folder / MIRRORED)
            turned = slice_market(mirrored, train.start, train.end, window)
            trained = with_mirrored(trained, turned, settings.mirror)
        if settings.filter is None:
            return trained, 1.0
        trained, share = filter_training(trained, settings.filter)
        self.say(f"  filter {settings.filter}: {share:.1%} of the training starts kept")
        return trained, share

    def _ranges(self, market: MarketData) -> Ranges:
        settings = self.settings
        ranges = divide(
            market,
            train_start=settings.train_start,
            train_end=settings.train_end,
            test_start=settings.test_start,
            test_end=settings.test_end,
        )
        source = DataSource.of(market)
        self.say(f"Market: {source.label}{' (SYNTHETIC)' if source.synthetic else ''}\n{ranges}")
        for name, counts in sessions_of_each(market, ranges).items():
            if market.num_markets > 1:
                parts = ", ".join(f"{part} {count}" for part, count in counts.items())
                self.say(f"  {name}: {parts} sessions")
        self._repeat("split", asdict(ranges))
        return ranges

    def _phase(
        self, phase: int, market: MarketData, ranges: Ranges, before: list[Policy]
    ) -> Policy:
        """The best checkpoint of a phase by its validation."""
        folder, stage = self.record.folder / f"phase{phase}", f"phase{phase}"
        done = self.record.done(stage)
        if done is None:
            done = self._train(phase, market, ranges, before)
            self.record.finish(stage, done)
        policy = Policy.load(folder, done["step"])
        self.say(
            f"Phase {phase}: update {done['step']:,} of {done['updates']:,} is best on the "
            f"validation range, {done['daily_pnl_usd']:+,.2f} USD a day"
        )
        return policy

    def _train(
        self, phase: int, market: MarketData, ranges: Ranges, before: list[Policy]
    ) -> dict[str, Any]:
        settings, folder = self.settings, self.record.folder / f"phase{phase}"
        full = self.make_env(market, phase, settings.window)
        window = self._window(market)
        trained, kept = self._training_market(market, ranges.train, window)
        env = self.make_env(trained, phase, window)
        given = conditions(env, phase, settings)
        start: Learned | None = None
        if before:
            start = transfer(before[-1], env, env.default_params, settings.ppo_config(phase))
        held = self._sessions(market, ranges.validation)
        judged = production_params(full.default_params, settings.evaluated_rules)
        validate = validation(full, judged, held, settings.seed)
        result = train_phase(given, phase, settings, folder, validate, start, ranges.validation)
        if result.stopped_by != "finished":
            raise KeyboardInterrupt
        best = max(result.validation, key=lambda row: (row["daily_pnl_usd"], row["update"]))
        return {
            "step": best["update"],
            "updates": settings.ppo_config(phase).num_updates,
            "daily_pnl_usd": best["daily_pnl_usd"],
            "market_hash": market_hash(trained),
            "starts_kept": kept,
        }

    def _gate(
        self, phase: int, market: MarketData, chosen_by: Range, policies: list[Policy]
    ) -> list[Gate]:
        """What the chosen checkpoint shows on the validation range; its limits are told."""
        stage = f"gate{phase}"
        done = self.record.done(stage)
        if done is None:
            gates = self._measured_gates(phase, market, chosen_by, policies)
            done = {"gates": [gate.as_row() for gate in gates]}
            self.record.finish(stage, done)
        found = [Gate.from_row(row) for row in done["gates"]]
        self.say("\n".join(f"  {gate.text}" for gate in found))
        if self.settings.strict:
            require_all(found)
        return found

    def _measured_gates(
        self, phase: int, market: MarketData, chosen_by: Range, policies: list[Policy]
    ) -> list[Gate]:
        folder, step = self.record.folder / f"phase{phase}", policies[-1].metadata["step"]
        rows = [row for row in read_rows(folder) if row["update"] <= step]
        subject, earlier = self._contenders(market, policies)
        others = baseline_contenders(subject.env, subject.params) if earlier is None else [earlier]
        sessions = self._sessions(market, chosen_by)
        found = evaluate(subject, others, sessions, self._options, progress=self.progress.tell)
        if earlier is None:
            return phase1_gates(found.subject, found.baselines, rows, seed=self.settings.seed)
        parent = found.baselines[earlier.name]
        return phase2_gates(found.subject, parent, rows, seed=self.settings.seed)

    def _contenders(
        self, market: MarketData, policies: list[Policy]
    ) -> tuple[Contender, Contender | None]:
        """The newest policy and the one it began from, under the account of the report."""
        made = [
            Contender(
                name=f"Phase {phase} policy",
                env=(env := self.make_env(market, phase, self.settings.window)),
                policy=agent_policy(policy),
                params=production_params(env.default_params, self.settings.evaluated_rules),
            )
            for phase, policy in zip(PHASES, policies, strict=False)
        ]
        return made[-1], made[0] if len(made) > 1 else None

    def _test(self, market: MarketData, test: Range, policies: list[Policy]) -> Evaluation:
        """Phase 2 beside always flat, random legal, its fixed bracket and the Phase 1 policy."""
        folder = self.record.folder / "phase2"
        subject, earlier = self._contenders(market, policies)
        assert earlier is not None
        sessions = self._sessions(market, test)
        record = TrainingRecord.of(folder, policies[-1].metadata)
        record = with_looks(record, folder, sessions, subject.params)
        return evaluate(
            subject,
            [
                *baseline_contenders(subject.env, subject.params),
                fixed_bracket(subject),
                earlier,
            ],
            sessions,
            self._options,
            # the agent it began from saw the same days
            training=replace(record, started_from_agent=False),
            rules=self.settings.evaluated_rules,
            progress=self.progress.tell,
        )

    def _sessions(self, market: MarketData, span: Range) -> pd.DataFrame:
        return sessions_between(market, self._window(market), span.start, span.end)

    def _window(self, market: MarketData) -> int:
        return self.settings.window or market.infos[0].rule.window

    @property
    def _options(self) -> Options:
        return Options(seed=self.settings.seed, reenter=self.settings.reenter)

    def _repeat(self, stage: str, outputs: dict[str, Any]) -> None:
        """Note what is cheap to do again; a run that goes on must find the same.

        Raises:
            RunError: it does not.
        """
        before = self.record.done(stage)
        if before is None:
            self.record.finish(stage, outputs)
        elif before != outputs:
            raise RunError(f"{self.record.folder}: stage {stage} gave {before}, gives {outputs}")

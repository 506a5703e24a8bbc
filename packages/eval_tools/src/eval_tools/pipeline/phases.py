"""Both phases on the ranges of a market: trained, chosen by validation, held to their gates."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from eval_tools.conditions.parameters import production_params
from eval_tools.evaluation import Options, baseline_contenders, evaluate, under_rules
from eval_tools.gates import Gate, phase1_gates, phase2_gates, require_all
from eval_tools.pipeline.markets import Markets
from eval_tools.pipeline.ranges import Range, Ranges
from eval_tools.pipeline.record import Record
from eval_tools.pipeline.settings import TrainingSettings
from eval_tools.pipeline.trainer import PHASES, Progress, Trained
from eval_tools.pipeline.training import conditions, files_of, train_phase, validation
from eval_tools.policies.agents import agent_policy
from eval_tools.rollout.sessions import sessions_between
from futures_env import filter_training, market_hash, slice_market, with_mirrored
from futures_env.env import FuturesEnv
from futures_env.market.table import MarketData
from ppo_agent.policy import Policy
from ppo_agent.storage.run_directory import read_rows
from ppo_agent.transfer import transfer
from ppo_agent.types import Learned


@dataclass(frozen=True, kw_only=True)
class Phases:
    """How the phases of one run are trained; what is recorded as done is read, not repeated.

    Attributes:
        settings: what is asked.
        record: of the run.
        markets: what it is about.
        make_env: environment of a phase on a market, with a window or the market's own.
        progress: told what goes on.
        say: told, in words, what came out of a stage.
    """

    settings: TrainingSettings
    record: Record
    markets: Markets
    make_env: Callable[[MarketData, int, int | None], FuturesEnv]
    progress: Progress
    say: Callable[[str], None]

    def train(self, market: MarketData, ranges: Ranges) -> Trained:
        """Train, choose and judge each phase, Phase 2 from Phase 1; ``ranges.test`` is not used.

        Raises:
            RunError: files of the run are not what the run wrote.
            ValueError: the bars or settings cannot be used.
            TrainingError: training cannot go on.
            GateError: a gate failed and the settings are strict.
        """
        policies: list[Policy] = []
        gates: list[tuple[Gate, ...]] = []
        for phase in PHASES:
            with self.progress.stage(f"Phase {phase}"):
                policies.append(self._phase(phase, market, ranges, policies))
            with self.progress.stage(f"gate of Phase {phase}"):
                gates.append(self._gate(phase, market, ranges.validation, policies))
        return Trained(policies=tuple(policies), gates=tuple(gates))

    def of_run(self, record: Record, progress: Progress) -> "Phases":
        """The same for a run of its own on the same markets."""
        return replace(self, record=record, progress=progress)

    def env(self, market: MarketData, phase: int) -> FuturesEnv:
        """The environment of a phase on a market."""
        return self.make_env(market, phase, self.settings.window)

    def sessions(self, market: MarketData, span: Range) -> pd.DataFrame:
        """Rows of ``eval_tools.session_table`` in a range."""
        return sessions_between(market, self.window(market), span.start, span.end)

    def window(self, market: MarketData) -> int:
        """Bars in the observation."""
        return self.settings.window or market.infos[0].rule.window

    def _training_market(
        self, market: MarketData, train: Range, window: int
    ) -> tuple[MarketData, float]:
        """What a phase trains on, and the share of its starts that a filter kept."""
        settings = self.settings
        trained = slice_market(market, train.start, train.end, window)
        if settings.mirror:
            turned = slice_market(self.markets.mirrored(), train.start, train.end, window)
            trained = with_mirrored(trained, turned, settings.mirror)
        if settings.filter is None:
            return trained, 1.0
        trained, share = filter_training(trained, settings.filter)
        self.say(f"  filter {settings.filter}: {share:.1%} of the training starts kept")
        return trained, share

    def _phase(
        self, phase: int, market: MarketData, ranges: Ranges, before: Sequence[Policy]
    ) -> Policy:
        """The best checkpoint of a phase by its validation."""
        folder, stage = self.record.folder / f"phase{phase}", f"phase{phase}"
        done = self.record.done(stage)
        if done is None:
            done = self._train(phase, market, ranges, before)
            self.record.finish(stage, done, *files_of(folder, done["step"]))
        policy = Policy.load(folder, done["step"])
        self.say(
            f"Phase {phase}: update {done['step']:,} of {done['updates']:,} is best on the "
            f"validation range, {done['daily_pnl_usd']:+,.2f} USD a day"
        )
        return policy

    def _train(
        self, phase: int, market: MarketData, ranges: Ranges, before: Sequence[Policy]
    ) -> dict[str, Any]:
        settings, folder = self.settings, self.record.folder / f"phase{phase}"
        full = self.env(market, phase)
        window = self.window(market)
        trained, kept = self._training_market(market, ranges.train, window)
        env = self.make_env(trained, phase, window)
        given = conditions(env, phase, settings)
        start: Learned | None = None
        if before:
            start = transfer(before[-1], env, env.default_params, settings.ppo_config(phase))
        held = self.sessions(market, ranges.validation)
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
        self, phase: int, market: MarketData, chosen_by: Range, policies: Sequence[Policy]
    ) -> tuple[Gate, ...]:
        """What the chosen checkpoint shows on the validation range; its limits are told."""
        stage = f"gate{phase}"
        done = self.record.done(stage)
        if done is None:
            gates = self._measured_gates(phase, market, chosen_by, policies)
            done = {"gates": [gate.as_row() for gate in gates]}
            self.record.finish(stage, done)
        found = tuple(Gate.from_row(row) for row in done["gates"])
        self.say("\n".join(f"  {gate.text}" for gate in found))
        if self.settings.strict:
            require_all(found)
        return found

    def _measured_gates(
        self, phase: int, market: MarketData, chosen_by: Range, policies: Sequence[Policy]
    ) -> list[Gate]:
        folder, step = self.record.folder / f"phase{phase}", policies[-1].metadata["step"]
        rows = [row for row in read_rows(folder) if row["update"] <= step]
        *before, subject = (
            under_rules(
                f"Phase {number} policy",
                self.env(market, number),
                agent_policy(policy),
                self.settings.evaluated_rules,
            )
            for number, policy in zip(PHASES, policies, strict=False)
        )
        others = before or baseline_contenders(subject.env, subject.params)
        sessions = self.sessions(market, chosen_by)
        options = Options(seed=self.settings.seed, reenter=self.settings.reenter)
        found = evaluate(subject, others, sessions, options, progress=self.progress.tell)
        if not before:
            return phase1_gates(found.subject, found.baselines, rows, seed=self.settings.seed)
        parent = found.baselines[before[-1].name]
        return phase2_gates(found.subject, parent, rows, seed=self.settings.seed)

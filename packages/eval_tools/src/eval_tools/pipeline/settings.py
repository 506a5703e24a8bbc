"""What a pipeline is asked to do, apart from where its bars come from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from eval_tools.conditions.parameters import DEFAULT_RULES
from futures_env import ArgumentError
from futures_env.data.filters import Filter
from ppo_agent.config import FINE_TUNING, PPOConfig

CURRICULUM_OFF = "none"
CHECKPOINTS = 20
"""Checkpoints spread over each phase, at least, where it has as many updates."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the stages depend on; recorded with the run.

    Attributes:
        seed: of the synthetic market, of training and of random baselines.
        timesteps: environment steps of each phase, rounded up to whole updates.
        train_start, train_end, test_start, test_end: trading days; None: see ``ranges.divide``.
        window: bars in the observation; None: that of the market's session rule.
        curriculum: name behind ``phase1-`` and ``phase2-``, a TOML file for both phases, or
            ``none``.
        filter: where training episodes begin, see ``futures_env.filter_starts``; None: anywhere.
        mirror: share of training episodes on the mirrored market.
        compliance_share: of the training environments, long accounts under the full rules.
        random_costs: draw commission and slippage of every training environment.
        rules: rule sets to train under, environments in turn; the first is evaluated.
        validations: of each phase during training.
        reenter: replace the long account after a failure and trade on.
        strict: stop where a gate fails.
        overrides: fields of ``PPOConfig`` in both phases.
    """

    seed: int = 0
    timesteps: int = 1_500_000
    train_start: date | None = None
    train_end: date | None = None
    test_start: date | None = None
    test_end: date | None = None
    window: int | None = None
    curriculum: str = CURRICULUM_OFF
    filter: Filter | None = None
    mirror: float = 0.0
    compliance_share: float = 0.0
    random_costs: bool = False
    rules: Sequence[str] = ()
    validations: int = 10
    reenter: bool = False
    strict: bool = False
    overrides: tuple[tuple[str, Any], ...] = ()

    def check(self) -> None:
        """Refuse what contradicts itself, before anything is read.

        Raises:
            ArgumentError: naming both values.
        """
        ends = {
            "--train-start": self.train_start,
            "--train-end": self.train_end,
            "--test-start": self.test_start,
            "--test-end": self.test_end,
        }
        given = [(name, day) for name, day in ends.items() if day is not None]
        for (before, early), (after, late) in pairwise(given):
            if late < early or (late == early and after == "--test-start"):
                raise ArgumentError(
                    f"{before} {early} and {after} {late}: training and test must be disjoint, "
                    "and a range begins before it ends"
                )
        if not 0.0 <= self.mirror < 1.0:
            raise ArgumentError(f"--mirror {self.mirror}: a share from 0 to below 1")
        if not 0.0 <= self.compliance_share <= 1.0:
            raise ArgumentError(f"--compliance-share {self.compliance_share}: a share, 0 to 1")
        if self.validations < 1:
            raise ArgumentError(f"--validations {self.validations}: at least 1")

    @property
    def evaluated_rules(self) -> str:
        """Rule set whose account the report is about."""
        return self.rules[0] if self.rules else DEFAULT_RULES

    def ppo_config(self, phase: int) -> PPOConfig:
        """Defaults of ppo_agent; Phase 2 fine-tunes; the validated figure ranks checkpoints."""
        rates = {} if phase == 1 else FINE_TUNING
        own = {"seed": self.seed, "best_metric": "daily_pnl_usd"}
        known: dict[str, Any] = PPOConfig().to_dict() | own | rates | dict(self.overrides)
        per_update = known["num_envs"] * known["num_steps"]
        updates = -(-self.timesteps // per_update)
        spread = {"keep_every": max(1, updates // CHECKPOINTS)}
        fixed = {"total_timesteps": updates * per_update}
        return PPOConfig.from_dict(known | spread | dict(self.overrides) | fixed)

    def validate_every(self, config: PPOConfig) -> int:
        """Updates between validations; the last update is one of them."""
        return max(1, config.num_updates // self.validations)

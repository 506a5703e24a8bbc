"""What a pipeline is asked to do, apart from where its bars come from."""

from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Annotated, Any

from tyro.conf import Suppress, arg

from eval_tools.conditions.parameters import DEFAULT_RULES
from futures_env import ACCOUNT_RULES, ArgumentError
from futures_env.data.filters import Filter
from ppo_agent.config import FINE_TUNING, PPOConfig

CURRICULUM_OFF = "none"
CHECKPOINTS = 20
"""Checkpoints spread over each phase, at least, where it has as many updates."""


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """How both phases are trained and judged, recorded with the run; each field is a flag."""

    seed: int = 0
    """Seed of the synthetic market, of training and of the random baseline."""
    timesteps: int = 1_500_000
    """Environment steps of each phase, rounded up to whole updates."""
    window: int | None = None
    """Bars in the observation; without it that of the market's session rule."""
    curriculum: str = CURRICULUM_OFF
    """Curriculum of both phases: none, seed, seed-continuous (of Phase 2), tightening (of Phase 1),
    each with seed for the other phase, or a .toml file of points over progress for both."""
    filter: Filter | None = None
    """Where training episodes begin: only where the ATR is above its 75th percentile of the
    training range, where ADX(14) is above 25, or where it is under 20."""
    mirror: float = 0.0
    """Share of training episodes on the market with its prices upside down, against a bias for one
    side."""
    compliance_share: float = 0.0
    """Share of the training environments that play long accounts over contiguous sessions under
    the full rules, beside short episodes."""
    random_costs: bool = False
    """Draw commission (half to one and a half of the contract's) and slippage (0 to twice its
    ticks) of every training environment once."""
    rules: Annotated[
        tuple[str, ...],
        arg(
            help="Rule sets to train under, environments in turn; the first is that of the test. "
            f"Without it default accounts. Known: {', '.join(ACCOUNT_RULES)}, or .toml files."
        ),
    ] = ()
    validations: int = 10
    """Validations during each phase; the best one chooses the checkpoint."""
    reenter: bool = False
    """Replace the long account after a failure and trade on."""
    strict: bool = False
    """Stop, with exit code 1, where a phase does not pass its gate."""
    overrides: Suppress[dict[str, Any]] = field(default_factory=dict)
    """Fields of PPOConfig to change in both phases, e.g. num_envs; for calls from Python."""

    def check(self) -> None:
        """Refuse what contradicts itself, before anything is read.

        Raises:
            ArgumentError: naming both values.
        """
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
        known: dict[str, Any] = PPOConfig().to_dict() | own | rates | self.overrides
        per_update = known["num_envs"] * known["num_steps"]
        updates = -(-self.timesteps // per_update)
        spread = {"keep_every": max(1, updates // CHECKPOINTS)}
        fixed = {"total_timesteps": updates * per_update}
        return PPOConfig.from_dict(known | spread | self.overrides | fixed)

    def validate_every(self, config: PPOConfig) -> int:
        """Updates between validations; the last update is one of them."""
        return max(1, config.num_updates // self.validations)


@dataclass(frozen=True, kw_only=True)
class Settings(TrainingSettings):
    """What the stages of a pipeline depend on: the training, and its ranges."""

    train_start: date | None = None
    """First trading day to train on."""
    train_end: date | None = None
    """Last trading day of training and validation."""
    test_start: date | None = None
    """First trading day of the test range; without it the last fifth, at least 15 sessions."""
    test_end: date | None = None
    """Last trading day of the test range."""

    def check(self) -> None:
        """Refuse what contradicts itself, before anything is read.

        Raises:
            ArgumentError: naming both values.
        """
        super().check()
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

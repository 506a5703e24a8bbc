"""The smallest walk-forward that has everything: two folds of three sessions each."""

from typing import Any

from eval_tools.cli.commands.walk_forward import WalkForwardConfig
from eval_tools.cli.sources import Bars
from eval_tools.pipeline.settings import TrainingSettings
from eval_tools.walk_forward.folds import Plan
from tests.eval_tools.pipeline.small_run import TINY

EAGER = TINY | {"learning_rate": 0.05, "resting_logit": 0.0}
"""Agents that trade from the start, and differ from fold to fold."""


def small(**changes: Any) -> WalkForwardConfig:
    """Eight updates a phase on 20 sessions, the last six of which test."""
    return WalkForwardConfig(
        settings=TrainingSettings(timesteps=1_000, validations=2, overrides=EAGER),
        plan=Plan(folds=2, test_sessions=3),
        bars=Bars(sessions=20),
        **changes,
    )

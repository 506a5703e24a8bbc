"""What a learner finds in an environment by name: metrics, quality, facts, curricula."""

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from futures_env.codes import RULES_VERSION, Action
from futures_env.core import metrics
from futures_env.core.metrics import Figures, Halves
from futures_env.data.facts import market_facts
from futures_env.params.curriculum import CURRICULA, Curriculum
from futures_env.types import EnvParams


class LearnerHooks:
    """The optional hooks of ``ppo_agent.environment.Environment`` that need no configuration."""

    rules_version = RULES_VERSION
    resting_action = Action.HOLD.name
    """The action that does nothing."""
    console_metrics = ("trades", "win_rate", "expectancy_usd", "pnl_usd")
    """The figures of ``summarize_metrics`` worth a column on a console."""
    metric_reductions = metrics.REDUCTIONS
    """How those of ``step_metrics`` are reduced that are not added up."""
    activity_metric = "trades"
    """The figure that is 0 while the agent does nothing that matters."""

    @property
    def params_schedules(self) -> dict[str, Curriculum]:
        """The preset curricula by name."""
        return {name: make() for name, make in CURRICULA.items()}

    def describe_params(self, params: EnvParams) -> dict[str, Any]:
        """What a run records of the market in ``params``; see ``data/facts.py``."""
        return market_facts(params.market)

    def step_metrics(self, info: Mapping[str, Any]) -> dict[str, jax.Array]:
        """Per-step counts, cents and terms of the reward; see ``core/metrics.py``."""
        return metrics.step_metrics(info)

    def summarize_metrics(self, totals: Mapping[str, float]) -> dict[str, float]:
        """Trading metrics from reduced ``step_metrics``."""
        return metrics.summarize(totals)

    def quality_components(
        self, figures: Figures, halves: Halves, steps: int, params: EnvParams, charged: Figures
    ) -> dict[str, tuple[float, float]]:
        """``metrics.quality_components``; ``charged`` are means of fields that a schedule set."""
        ratio = charged.get("target_ratio", float(np.mean(params.target_ratio)))
        return metrics.quality_components(figures, halves, steps, ratio)

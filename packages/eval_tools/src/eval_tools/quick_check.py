"""Does learning work? A short training on a planted edge, judged beside its zero-edge twin."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from eval_tools.controls.planted import Plant, PlantedMarket
from eval_tools.gates import ENTROPY_FLOOR, Gate, above
from eval_tools.measures.bootstrap import mean_interval
from eval_tools.measures.daily import daily_pnl
from eval_tools.policies.agents import agent_policy
from eval_tools.rollout.sessions import session_slices
from eval_tools.rollout.slices import run_slices
from ppo_agent.config import PPOConfig
from ppo_agent.policy import Policy
from ppo_agent.storage.run_directory import read_rows
from ppo_agent.train import train

TIMESTEPS = 500_000
MIN_SESSIONS = 250
SESSIONS = 500
"""Half of them left too few signals for one seed in ten."""
RESULT = "quick_check.json"
SETTINGS: dict[str, Any] = {
    "num_envs": 64,
    "learning_rate": 3e-3,
    "learning_rate_final": 3e-3,
    "ent_coef": 0.05,
    "ent_coef_decay": 0.0,
}
"""Fields changed against the defaults of ``PPOConfig``, which are made for millions of steps;
chosen on other seeds than those that are reported (docs/training.md)."""


@dataclass(frozen=True, kw_only=True)
class QuickCheck:
    """What is trained on.

    Attributes:
        seed: of the market and of training.
        sessions: of the market, at least 250; the last fifth is held.
        strength: of the planted edge, in round-turn costs per trade.
        timesteps: environment steps, rounded up to whole updates.
        window: bars in the observation.
    """

    seed: int = 0
    sessions: int = SESSIONS
    strength: float = 10.0
    timesteps: int = TIMESTEPS
    window: int = 5

    @property
    def plant(self) -> Plant:
        """The market with the edge."""
        return Plant(
            edge="entry",
            strength=self.strength,
            sessions=self.sessions,
            seed=self.seed,
            window=self.window,
        )

    def config(self, **changed: Any) -> PPOConfig:
        """The configuration of the training."""
        fields: dict[str, Any] = {**SETTINGS, "seed": self.seed, **changed}
        settings = PPOConfig(**fields)
        updates = -(-self.timesteps // settings.steps_per_update)
        return replace(settings, total_timesteps=updates * settings.steps_per_update)


def quick_check(check: QuickCheck, folder: Path, **changed: Any) -> list[Gate]:
    """Train Phase 1 and judge it.

    Args:
        check: what is trained on.
        folder: of the run, which must not exist.
        changed: fields of ``PPOConfig``.

    Returns:
        the gates, also written to quick_check.json in the folder.

    Raises:
        TrainingError: a figure of the training is not finite.
    """
    market, twin = (PlantedMarket.divide(plant) for plant in (check.plant, twin_of(check.plant)))
    env = market.env(market.training)
    config = check.config(**changed)
    result = train(env, env.default_params, config, run_dir=folder, progress=False)
    policy = agent_policy(Policy.from_train_state(result.train_state, config))
    planted, trades = _held(market, policy)
    without, _ = _held(twin, policy)
    gap = mean_interval(planted - without, seed=check.seed)
    gates = [
        above("least entropy over states with a choice", entropy_of(result.metrics), ENTROPY_FLOOR),
        above("trades on held sessions", trades, 0),
        above("USD a day over the zero-edge twin, lower end of the interval", gap.low, 0.0),
        *artefact_gates(folder),
    ]
    text = json.dumps([gate.as_row() for gate in gates], indent=2) + "\n"
    (folder / RESULT).write_text(text, encoding="utf-8")
    return gates


def twin_of(plant: Plant) -> Plant:
    """The same market without the drift behind the signal."""
    return replace(plant, strength=0.0)


def entropy_of(rows: list[dict[str, Any]]) -> float:
    """Least entropy in nats over states with a choice of all updates."""
    return min(row["entropy_choice"] for row in rows)


def _held(market: PlantedMarket, policy: Any) -> tuple[pd.Series, int]:
    """Daily P&L in USD after costs, and closed trades, on the held sessions."""
    env = market.env(market.whole)
    episodes = run_slices(
        env, policy, env.default_params, session_slices(market.held_sessions), reenter=True
    )
    trades = sum(int(episode.steps["trade_closed"].sum()) for episode in episodes)
    return daily_pnl(episodes, market.whole), trades


ARTEFACTS: dict[str, Callable[[Path], object]] = {
    "metadata.json": lambda path: json.loads(path.read_text("utf-8"))["config"],
    "metrics.jsonl": lambda path: read_rows(path.parent, path.name)[0]["update"],
    "training_metrics.json": lambda path: json.loads(path.read_text("utf-8"))["tenths"][0],
    "checkpoints": lambda path: Policy.load(path.parent),
}
"""Files of a run, and how each is read."""


def artefact_gates(folder: Path) -> list[Gate]:
    """Whether every file of a run is there and can be read; the value is 1 or 0."""
    return [above(f"{name} exists and parses", _reads(folder / name), 0) for name in ARTEFACTS]


def _reads(path: Path) -> int:
    try:
        ARTEFACTS[path.name](path)
    except (OSError, ValueError, LookupError):
        return 0
    return 1

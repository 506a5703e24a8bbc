"""Every kept checkpoint of a run on the same sessions, and the one that a stated rule chooses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from eval_tools.measures.bootstrap import Interval, mean_interval
from eval_tools.measures.daily import daily_pnl
from eval_tools.measures.overfitting import FEWEST_DAYS, Overfitting, overfitting
from eval_tools.measures.sharpe import SharpeRatio
from eval_tools.policies.agents import agent_policy, load_agent
from eval_tools.rollout.accounts import check_episodes
from eval_tools.rollout.episode import require_full_coverage
from eval_tools.rollout.lanes import TradingEnv
from eval_tools.rollout.sessions import session_slices
from eval_tools.rollout.slices import Task, run_tasks
from futures_env.codes import AccountStatus
from futures_env.types import EnvParams
from ppo_agent.policy import Policy
from ppo_agent.storage.checkpoint_reader import find_steps

SIDE_BY_SIDE = 16
"""Checkpoints that play together; more take more memory."""

RULES: dict[str, tuple[str, Callable[["Looked"], float]]] = {
    "low": ("the highest lower end of the interval", lambda one: one.interval.low),
    "mean": ("the highest mean daily P&L", lambda one: one.interval.mean),
    "sharpe": ("the highest daily Sharpe ratio", lambda one: one.ratio),
}
"""Name of a rule: what it says, and what it makes largest; of equal ones the newest."""


@dataclass(frozen=True, kw_only=True)
class Looked:
    """One checkpoint on the sessions, each with a fresh account that is replaced when it fails.

    Attributes:
        step: updates done.
        place: in the curriculum, in words.
        daily: P&L after costs in USD by trading day.
        interval: of its mean.
        ratio: daily Sharpe ratio, 0 where none is defined.
    """

    step: int
    place: str
    daily: pd.Series = field(repr=False)
    interval: Interval
    trades: int
    breaches: int

    @property
    def ratio(self) -> float:
        """Daily Sharpe ratio, 0 where none is defined."""
        found = SharpeRatio.of(self.daily)
        return 0.0 if found is None else found.ratio


def load_all(run: Path, layout: tuple[str, ...]) -> dict[int, Policy]:
    """Every kept checkpoint of a run by its updates, oldest first.

    Raises:
        FileNotFoundError: there is none.
        ValueError: the observation of the environment is another one.
    """
    folder, steps = find_steps(run)
    if not steps:
        raise FileNotFoundError(f"{folder}: no checkpoint")
    return {step: load_agent(run, layout, step) for step in steps}


def look_at(
    env: TradingEnv,
    params: EnvParams,
    agents: Mapping[int, Policy],
    sessions: pd.DataFrame,
    *,
    level: float = 0.95,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> list[Looked]:
    """Play every checkpoint, greedily, on the same sessions.

    Args:
        env: environment of the phase.
        params: production parameters with the market.
        agents: by their updates, as ``load_all`` gives them.
        sessions: rows of ``eval_tools.session_table``.
        level: coverage of the intervals.
        seed: of the bootstrap.
        progress: told the share that is done.

    Raises:
        CoverageError, CheckError: as in ``eval_tools.evaluate``.
    """
    task = Task(slices=session_slices(sessions), reenter=True, seed=seed)
    found: list[Looked] = []
    steps = list(agents)
    for begin in range(0, len(steps), SIDE_BY_SIDE):
        part = steps[begin : begin + SIDE_BY_SIDE]
        players = [(agent_policy(agents[step]), params) for step in part]
        for step, (episodes,) in zip(part, run_tasks(env, players, [task]), strict=True):
            require_full_coverage(episodes)
            check_episodes(episodes, params)
            daily = daily_pnl(episodes, params.market)
            played = pd.concat([one.steps for one in episodes])
            failed = played["account_status"] >= AccountStatus.FAILED_DRAWDOWN
            found.append(
                Looked(
                    step=step,
                    place=place_in_words(agents[step].metadata),
                    daily=daily,
                    interval=mean_interval(daily, level=level, seed=seed),
                    trades=int(played["trade_closed"].sum()),
                    breaches=int(failed.sum()),
                )
            )
        if progress is not None:
            progress(len(found) / len(steps))
    return found


def chosen_by(rule: str, looked: list[Looked]) -> Looked:
    """The checkpoint that a rule of ``RULES`` chooses; of equal ones the newest."""
    _, value = RULES[rule]
    return max(looked, key=lambda one: (value(one), one.step))


def overfitting_of(looked: list[Looked]) -> Overfitting | None:
    """Whether choosing among the checkpoints holds on other days; None for too few of either."""
    days = pd.concat([one.daily for one in looked], axis=1)
    enough = len(looked) > 1 and len(days) >= FEWEST_DAYS
    return overfitting(days) if enough else None


def place_in_words(metadata: Mapping[str, Any]) -> str:
    """Where in its curriculum a checkpoint stands: stage, progress, commission as charged."""
    recorded = metadata.get("curriculum")
    if not isinstance(recorded, Mapping):
        return _progress(metadata)
    parts = [
        str(recorded.get("stage") or ""),
        f"{recorded['progress']:.0%}" if "progress" in recorded else "",
    ]
    charged = (recorded.get("params") or {}).get("commission_usd")
    parts += [f"commission {charged:.2f}"] if charged is not None else []
    return ", ".join(part for part in parts if part)


def _progress(metadata: Mapping[str, Any]) -> str:
    """Share of the updates that the run was configured for."""
    config = metadata.get("config") or {}
    per_update = config.get("num_envs", 0) * config.get("num_steps", 0)
    updates = -(-config.get("total_timesteps", 0) // per_update) if per_update else 0
    return f"{metadata['step'] / updates:.0%} of training" if updates else "unknown"

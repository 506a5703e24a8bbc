"""`eval-tools decisions`: what a policy would do at every bar of a day. Research only."""

import sys
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
from tyro.conf import Positional, arg

from eval_tools.cli.account import AccountFlags, checkpoint_step, params_in_force
from eval_tools.cli.checks import check_dates
from eval_tools.cli.sources import Bars, make_env, open_market
from eval_tools.conditions.training import TrainingRecord
from eval_tools.measures.clock import new_york_time
from eval_tools.policies.agents import agent_policy, load_agent
from eval_tools.report.html import DISCLAIMER
from eval_tools.rollout.decisions import decide, decision_table
from eval_tools.rollout.sessions import session_slices, sessions_between
from futures_env import ArgumentError
from ppo_agent.storage.checkpoint_reader import find_step

RESEARCH_ONLY = (
    "# Research only: simulated decisions of a trained policy, not orders and not advice."
)
"""First line of every csv."""


@dataclass(frozen=True, kw_only=True)
class DecisionsConfig:
    """Write what a checkpoint would do at every close as csv. Research only: it places no order."""

    run: Positional[Path]
    """Run folder or checkpoint folder of ppo-agent."""
    step: str = ""
    """Updates done, or `best` by the validation metric; without it the newest."""
    bars: Annotated[Bars, arg(name="")] = field(default_factory=Bars)
    start: date | None = None
    """First trading day; without it the last one of the bars. Indicators need the days before it,
    so give the history and the new day together."""
    end: date | None = None
    """Last trading day; without it the bars' last."""
    phase: Literal[1, 2] = 2
    """Phase of the environment: 1 (entries) or 2 (entries and management)."""
    window: int | None = None
    """Bars in the observation; without it that of the market's session rule."""
    account: Annotated[AccountFlags, arg(name="")] = field(default_factory=AccountFlags)
    csv: Path | None = None
    """File to write, which must not exist; without it the csv goes to the console."""


def run_decisions(config: DecisionsConfig) -> None:
    """Play the sessions greedily, one fresh account each, and write one row per close.

    Raises:
        ArgumentError: flags that are wrong or contradict each other, the market or the run.
        ValueError, OSError: bars or a run that cannot be used.
    """
    config.account.check()
    check_dates(config.start, config.end)
    if config.csv is not None and config.csv.exists():
        raise ArgumentError(f"--csv {config.csv} exists: nothing is overwritten")
    find_step(config.run, checkpoint_step(config.step))
    market = open_market(config.bars)
    env = make_env(market, config.phase, config.window)
    agent = load_agent(config.run, env.observation_layout, checkpoint_step(config.step))
    params = params_in_force(config.account, env, TrainingRecord.of(config.run, agent.metadata))
    start, end = (None if day is None else str(day) for day in (config.start, config.end))
    sessions = sessions_between(market, env.config.window, start, end)
    sessions = sessions.tail(1) if start is None else sessions
    parts = []
    for piece in session_slices(sessions):
        decisions = decide(env, agent_policy(agent), params, piece)
        table = decision_table(decisions, params)
        table.insert(0, "time", new_york_time(market.minute[decisions.row]))
        parts.append(table)
    _write(pd.concat(parts), config.csv)


def _write(table: pd.DataFrame, file: Path | None) -> None:
    text = f"{RESEARCH_ONLY}\n{table.to_csv(index=False, float_format='%.9g')}"
    print(DISCLAIMER, file=sys.stderr)
    if file is None:
        print(text, end="")
        return
    file.write_text(text, encoding="utf-8")
    print(f"{len(table):,} decisions: {file}")

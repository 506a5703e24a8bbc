"""One training of `benchmarks.curricula`: its market, its run and what it is measured by.

USD are after costs, a session. ``held`` and ``train``: the greedy policy, every
session with a fresh account, as is ``drawn``, whose actions are drawn. ``long``: one account over
ten sessions on end, under the rules of the account, not replaced when it fails. ``rollouts``: the
last tenth of training as it was sampled, given positions left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.curriculum_arms import PLANTED, Arm, plan_of
from benchmarks.edge_market import EdgeMarket, policy_of
from benchmarks.seeds import Figures, last_tenth
from eval_tools import (
    agent_policy,
    session_slices,
    trade_statistics,
    trade_table,
)
from eval_tools.pipeline.settings import Settings
from eval_tools.pipeline.training import conditions
from eval_tools.rollout.episode import Episode, Slice
from eval_tools.rollout.sessions import whole_slices
from eval_tools.rollout.slices import Task, run_tasks
from futures_env import SessionRule, synthetic_market, with_mirrored
from futures_env.data import calendar
from futures_env.data.market import build_market
from futures_env.data.mirror import mirror_bars
from futures_env.data.synthetic.market import synthetic_bars, trading_days
from futures_env.env import FuturesEnv
from futures_env.market.table import MarketData
from ppo_agent import Policy, PPOConfig, TrainResult, train
from ppo_agent.training.metrics_rows import add_sums

WINDOW = 5
RISE = 1.0
"""Ticks a bar that the rising market gains: about 2,200 USD a session and contract."""
LONG = 10
"""Sessions of a long account."""
MOST_SESSIONS = 100
"""Training sessions that are played, the last ones."""

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Size:
    """How large a case is.

    Attributes:
        sessions: of the market, the held fifth included.
        steps: environment steps of training.
        ppo: fields of ``PPOConfig`` that every arm changes.
    """

    sessions: int
    steps: int
    ppo: tuple[tuple[str, Any], ...] = ()

    def config(self, seed: int) -> PPOConfig:
        """Of one training."""
        return PPOConfig(seed=seed, total_timesteps=self.steps, **dict(self.ppo))


def run_case(arm: Arm, size: Size, seed: int) -> Figures:
    """Draw the market of a seed, train on its front, and measure."""
    market, config = ground(arm, size, seed), size.config(seed)
    result = trained(arm, market, config)
    if result.stopped_by != "finished":
        raise SystemExit(f"seed {seed}: stopped by {result.stopped_by}, nothing is kept of it")
    policy = policy_of(result, config)
    figures = training_figures(result.metrics, config, market) | played(market, arm.phase, policy)
    if arm.ground == "rising":
        figures |= falling(size, seed, policy)
    return figures | gaps(figures)


def ground(arm: Arm, size: Size, seed: int) -> EdgeMarket:
    """The market of an arm, divided; with its mirror image in the training part where asked."""
    whole = whole_market(arm, size, seed)
    market = EdgeMarket.divide(whole, WINDOW)
    if not arm.mirror:
        return market
    turned = EdgeMarket.divide(rising(size, seed, mirror=True), WINDOW)
    return replace(market, training=with_mirrored(market.training, turned.training, arm.mirror))


def whole_market(arm: Arm, size: Size, seed: int) -> MarketData:
    """All sessions of it."""
    if arm.ground == "rising":
        return rising(size, seed)
    edge, strength = PLANTED[arm.ground]
    return synthetic_market(
        sessions=size.sessions, seed=seed, edge=edge, edge_strength=strength, window=WINDOW
    )


def rising(size: Size, seed: int, mirror: bool = False) -> MarketData:
    """A martingale lifted by ``RISE`` a bar of each session, or its mirror image, which falls."""
    rule = SessionRule(window=WINDOW)
    bars = synthetic_bars("NQ", trading_days("NQ", size.sessions, rule), seed)
    _, clock = calendar.trading_day(bars.minute)
    inside = (clock >= rule.open_clock) & (clock <= calendar.clock(rule.flat_by))
    lift = np.floor(RISE * np.cumsum(inside)).astype(bars.open.dtype)
    prices = {name: getattr(bars, name) + lift for name in ("open", "high", "low", "close")}
    lifted = replace(bars, source=f"{size.sessions} rising sessions, seed {seed}", **prices)
    return build_market(mirror_bars(lifted) if mirror else lifted, rule)


def trained(arm: Arm, market: EdgeMarket, config: PPOConfig) -> TrainResult:
    """Under the schedules and the environments of the arm."""
    settings = Settings(
        compliance_share=arm.compliance, overrides={"num_envs": config.num_envs}, seed=config.seed
    )
    given, plan = conditions(market.env(arm.phase), arm.phase, settings), plan_of(arm)
    return train(
        given.env,
        plan.prepare(given.params),
        config,
        params_schedule=plan,
        action_floor_schedule=plan.action_floor,
        env_params_in_axes=given.axes,
        progress=False,
    )


def training_figures(rows: Rows, config: PPOConfig, market: EdgeMarket) -> dict[str, float | None]:
    """Of the rows of a training."""
    late = last_tenth(list(rows))
    sums, steps = add_sums(late), len(late) * config.steps_per_update
    usd = (sums["env/gross_profit_cents"] - sums["env/gross_loss_cents"]) / 100
    sessions = steps / float(market.training_sessions["bars"].mean())
    return {
        "rollouts USD": usd / sessions,
        "rollouts trades": sums["env/trades"] / sessions,
        "managing legal": managing(rows),
        "managing legal, end": managing(late),
    }


def managing(rows: Rows) -> float | None:
    """Share of the steps in which a management action is legal: one of the two that trail is."""
    if "legal/TRAIL_ON" not in rows[0]:
        return None
    return float(np.mean([row["legal/TRAIL_ON"] + row["legal/TRAIL_OFF"] for row in rows]))


def played(market: EdgeMarket, phase: int, policy: Policy) -> dict[str, float | None]:
    """Greedy and drawn, on short and on long accounts, on held and on training sessions."""
    env = FuturesEnv(phase, market=market.whole, window=market.window)
    ranges = {"held": market.held, "train": market.training_sessions.iloc[-MOST_SESSIONS:]}
    tasks = [
        task
        for sessions in ranges.values()
        for task in (
            Task(slices=session_slices(sessions), reenter=True),
            Task(slices=long_slices(sessions)),
        )
    ]
    players = [
        (agent_policy(policy, greedy=greedy), env.default_params) for greedy in (True, False)
    ]
    (short, long, train_short, train_long), (drawn, drawn_long, *_) = run_tasks(env, players, tasks)
    trades = trades_a_session(short)
    return {
        "held USD": usd_a_session(short),
        "held trades": trades,
        "always HOLD": float(trades == 0.0),
        "imbalance": imbalance(short, market.whole),
        "held long USD": usd_a_session(long),
        "long slices lost": float(np.mean([one.net_cents < 0 for one in long])),
        "train USD": usd_a_session(train_short),
        "train long USD": usd_a_session(train_long),
        "drawn USD": usd_a_session(drawn),
        "drawn trades": trades_a_session(drawn),
        "drawn imbalance": imbalance(drawn, market.whole),
        "drawn long USD": usd_a_session(drawn_long),
    }


def falling(size: Size, seed: int, policy: Policy) -> dict[str, float | None]:
    """What a policy does on the held sessions of the rising market upside down."""
    market = EdgeMarket.divide(rising(size, seed, mirror=True), WINDOW)
    env = FuturesEnv(1, market=market.whole, window=WINDOW)
    players = [
        (agent_policy(policy, greedy=greedy), env.default_params) for greedy in (True, False)
    ]
    task = Task(slices=session_slices(market.held), reenter=True)
    (greedy,), (drawn,) = run_tasks(env, players, [task])
    return {"falling USD": usd_a_session(greedy), "falling drawn USD": usd_a_session(drawn)}


def imbalance(episodes: Sequence[Episode], market: MarketData) -> float | None:
    """How far one side outweighs the other among the trades: 0 even, 1 only one side."""
    trades = trade_statistics(trade_table(list(episodes), market))
    return abs(2.0 * trades.long_trades / trades.trades - 1.0) if trades.trades else None


def long_slices(sessions: pd.DataFrame) -> list[Slice]:
    """Whole slices of ``LONG`` sessions on end; what is left over at the end is not played."""
    starts = range(0, len(sessions) - LONG + 1, LONG)
    pieces = [whole_slices(sessions.iloc[start : start + LONG])[0] for start in starts]
    return [replace(piece, name=f"{piece.name} {i}") for i, piece in enumerate(pieces)]


def usd_a_session(episodes: Sequence[Episode]) -> float:
    """Net P&L over the sessions that were asked for, traded or not."""
    return sum(one.net_cents for one in episodes) / 100 / _sessions(episodes)


def trades_a_session(episodes: Sequence[Episode]) -> float:
    """Closed trades over the sessions that were asked for."""
    return sum(int(one.steps["trade_closed"].sum()) for one in episodes) / _sessions(episodes)


def _sessions(episodes: Sequence[Episode]) -> int:
    return sum(len(one.slice.sessions) for one in episodes)


def gaps(figures: Figures) -> dict[str, float | None]:
    """What training shows over long held accounts, and of it what the length alone explains."""

    def less(ours: str, theirs: str) -> float | None:
        one, other = figures[ours], figures[theirs]
        return None if one is None or other is None else one - other

    return {
        "rollouts - long": less("rollouts USD", "held long USD"),
        "short - long": less("held USD", "held long USD"),
        "train - train long": less("train USD", "train long USD"),
    }

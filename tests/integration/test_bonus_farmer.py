"""An agent that is paid for bonuses alone learns to collect them, and earns nothing by it."""

from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from eval_tools import (
    agent_policy,
    daily_pnl,
    gross_params,
    hold_out,
    mean_interval,
    run_slices,
    session_slices,
    sessions_between,
    trade_table,
)
from futures_env import slice_market, synthetic_market
from futures_env.env import FuturesEnv
from futures_env.types import EnvParams
from ppo_agent import Policy, PPOConfig, train

pytestmark = pytest.mark.thorough
WINDOW, SEEDS = 2, (1, 2, 3)
NO_P_AND_L = ("realized_weight", "equity_weight", "target_bonus", "stop_penalty", "hold_penalty",
              "win_bonus", "loss_penalty", "breach_penalty")  # fmt: skip
TICK_USD = 5.0


def farmed(params: EnvParams) -> EnvParams:
    """Nothing but entries and management actions pays; half of the episodes begin in a position."""
    zeros = {name: jnp.float32(0.0) for name in NO_P_AND_L}
    paid = {"entry_bonus": jnp.float32(400.0), "management_bonus": jnp.float32(600.0)}
    return replace(params, forced_position_ratio=jnp.float32(0.5), **zeros, **paid)


def bonus(row: dict[str, Any]) -> float:
    """Reward of an update from bonuses."""
    return row["env/reward_entry_bonus"] + row["env/reward_management_bonus"]


@pytest.fixture(scope="module")
def market() -> Any:
    """Without an edge the price is an exact martingale in ticks."""
    return synthetic_market(sessions=300, seed=11, window=WINDOW)


@pytest.fixture(scope="module")
def farmer(market: Any) -> tuple[Policy, list[dict[str, Any]]]:
    """The best of three trainings, and how it went."""
    split = hold_out(market)
    front = slice_market(market, split.train_start, split.train_end, WINDOW)
    env = FuturesEnv(2, market=front, window=WINDOW)
    found = []
    for seed in SEEDS:
        config = PPOConfig(seed=seed, num_envs=64, total_timesteps=40 * 64 * 128)
        run = train(env, farmed(env.default_params), config, progress=False)
        found.append(
            (bonus(run.metrics[-1]), Policy.from_train_state(run.train_state, config), run)
        )
    _, policy, run = max(found, key=lambda one: one[0])
    return policy, run.metrics


def played(market: Any, policy: Policy, params: EnvParams) -> tuple[pd.Series, pd.DataFrame]:
    """Daily P&L and trades on the held sessions."""
    split, env = hold_out(market), FuturesEnv(2, market=market, window=WINDOW)
    sessions = sessions_between(market, WINDOW, split.held_start, split.held_end)
    agent = agent_policy(policy)
    episodes = run_slices(env, agent, params, session_slices(sessions), reenter=True)
    return daily_pnl(episodes, market), trade_table(episodes, market)


def costs_by_day(trades: pd.DataFrame, days: pd.Index) -> pd.Series:
    """Commissions, and a tick for every fill but a target's."""
    ticks = 1 + (trades["exit_reason"] != "target")
    usd = trades["fees_cents"] / 100 + ticks * TICK_USD
    return usd.groupby(trades["date"].to_numpy()).sum().reindex(days, fill_value=0.0)


def test_it_collects_bonuses(farmer: tuple[Policy, list[dict[str, Any]]]) -> None:
    _, rows = farmer
    assert bonus(rows[-1]) > 2.0 * bonus(rows[0]) > 0.0


def test_gross_it_earns_nothing_and_net_it_loses_its_costs(market: Any, farmer: Any) -> None:
    env = FuturesEnv(2, market=market, window=WINDOW)
    touch = {"target_through_ticks": jnp.int32(0), "contracts": jnp.int32(1)}
    params = replace(env.default_params, **touch)
    gross, _ = played(market, farmer[0], gross_params(params))
    assert mean_interval(gross).covers(0.0)
    net, trades = played(market, farmer[0], params)
    costs = costs_by_day(trades, net.index)
    assert len(trades) > 10 * len(net), "a farmer trades all the time"
    assert mean_interval(net).high < 0.0
    assert mean_interval(net + costs).covers(0.0)
    assert np.isclose(costs.sum() / len(trades), 15.0, atol=2.5)

"""An agent trained on a market whose answer is known, and what it does on the sessions held out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from eval_tools.controls.outcomes import EdgeResult, MartingaleResult
from eval_tools.controls.planted import Plant, PlantedMarket
from eval_tools.measures.bootstrap import mean_interval
from eval_tools.measures.daily import daily_pnl
from eval_tools.policies.agents import agent_policy
from eval_tools.policies.controls import gross_params
from eval_tools.rollout.episode import Episode
from eval_tools.rollout.sessions import session_slices, sessions_between
from eval_tools.rollout.slices import run_slices
from eval_tools.rollout.split import hold_out
from futures_env import slice_market, synthetic_market
from futures_env.env import FuturesEnv
from ppo_agent.config import PPOConfig
from ppo_agent.policy import Policy
from ppo_agent.train import train


@dataclass(frozen=True, kw_only=True)
class Schooling:
    """How the agents of a control are trained.

    Attributes:
        sessions: of each market; the last fifth is held behind an embargo of one.
        timesteps: environment steps, rounded up to whole updates.
        window: bars in the observation.
        changed: fields of PPOConfig that are not the defaults.
    """

    sessions: int
    timesteps: int
    window: int = 20
    changed: dict[str, Any]

    def config(self, seed: int) -> PPOConfig:
        """Of one run."""
        known = PPOConfig().to_dict() | self.changed | {"seed": seed, "tensorboard": False}
        per_update = known["num_envs"] * known["num_steps"]
        steps = -(-self.timesteps // per_update) * per_update
        return PPOConfig.from_dict(known | {"total_timesteps": steps})


def planted_edge(plant: Plant, schooling: Schooling) -> EdgeResult:
    """Train on the front of a planted market, compare with its oracle on the held sessions.

    Raises:
        ValueError: the oracle earns nothing there, so there is nothing to compare with.
    """
    market = PlantedMarket.draw(plant)
    policy = _learn(market.env(market.training), schooling, plant.seed)
    agent = agent_policy(policy)
    best, own = (market.value(one, market.held_sessions) for one in (market.oracle, agent))
    if best <= 0:
        raise ValueError(
            f"seed {plant.seed}: the oracle earns {best:+,.2f} USD a held session; give a greater "
            "strength or more sessions"
        )
    played = market.play(agent, market.held_sessions)
    return EdgeResult(
        seed=plant.seed, oracle_usd=best, agent_usd=own, share=own / best, trades=played.trades
    )


def martingale(seed: int, schooling: Schooling) -> MartingaleResult:
    """Train where nothing can be learned; judge on held sessions with and without costs."""
    whole = synthetic_market(sessions=schooling.sessions, seed=seed, window=schooling.window)
    split = hold_out(whole)
    training = slice_market(whole, split.train_start, split.train_end, schooling.window)
    policy = _learn(FuturesEnv(1, market=training, window=schooling.window), schooling, seed)
    env = FuturesEnv(1, market=whole, window=schooling.window)
    held = sessions_between(whole, schooling.window, split.held_start, split.held_end)
    net, gross = (
        _play(env, policy, params, held)
        for params in (env.default_params, gross_params(env.default_params))
    )
    return MartingaleResult(
        seed=seed,
        gross=mean_interval(daily_pnl(gross, whole)),
        net=mean_interval(daily_pnl(net, whole)),
        trades=sum(int(one.steps["trade_closed"].sum()) for one in net),
    )


def _learn(env: FuturesEnv, schooling: Schooling, seed: int) -> Policy:
    config = schooling.config(seed)
    result = train(env, env.default_params, config, progress=False)
    return Policy.from_train_state(result.train_state, config)


def _play(env: FuturesEnv, policy: Policy, params: Any, held: pd.DataFrame) -> Sequence[Episode]:
    return run_slices(env, agent_policy(policy), params, session_slices(held), reenter=True)

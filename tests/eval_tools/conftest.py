"""One small synthetic market and one set of compiled shapes for the tests of eval_tools."""

from dataclasses import dataclass
from typing import Any

import gymnax
import jax.numpy as jnp
import pandas as pd
import pytest

from eval_tools.evaluation import baseline_contenders, evaluate
from eval_tools.measures.trades import trade_table
from eval_tools.outcome import Evaluation
from eval_tools.policies.baselines import Baseline, baseline
from eval_tools.rollout.sessions import sessions_between, whole_slices
from eval_tools.rollout.slices import run_slices
from futures_env import synthetic_market
from futures_env.market.table import MarketData
from futures_env.types import EnvParams

WINDOW = 20


@dataclass(frozen=True)
class Desk:
    """Environment, parameters and the held sessions that most tests share."""

    env: Any
    params: EnvParams
    market: MarketData
    sessions: pd.DataFrame


@pytest.fixture(scope="session")
def desk() -> Desk:
    """Phase 2 on four sessions of a synthetic market, with room for a day's losses."""
    market = synthetic_market("NQ", sessions=6, seed=3)
    env, params = gymnax.make("FuturesNQ-Phase2", market=market)
    sessions = sessions_between(market, WINDOW).tail(4).reset_index(drop=True)
    return Desk(env, params.replace(drawdown=jnp.float32(15_000.0)), market, sessions)


@pytest.fixture(scope="session")
def failing(desk: Desk) -> Evaluation:
    """Always long on an account too small for it: every session has failures."""
    small = desk.params.replace(drawdown=jnp.float32(700.0))
    flat, long = baseline_contenders(desk.env, small, [Baseline.ALWAYS_FLAT, Baseline.ALWAYS_LONG])
    return evaluate(long, [flat], desk.sessions)


@pytest.fixture(scope="session")
def ours(desk: Desk) -> pd.DataFrame:
    """Trades of an account that trades at random."""
    (episode,) = run_slices(
        desk.env, baseline(Baseline.RANDOM_LEGAL), desk.params, whole_slices(desk.sessions), seed=2
    )
    return trade_table([episode], desk.market)

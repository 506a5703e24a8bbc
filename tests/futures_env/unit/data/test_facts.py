"""A market's facts: origin, content and the days that training may reach."""

import json
from dataclasses import replace

import numpy as np
import pytest

import futures_env
from futures_env import FuturesEnv, MarketData


@pytest.fixture(scope="module")
def market() -> MarketData:
    return futures_env.synthetic_market("NQ", sessions=5, seed=1)


def test_the_environment_says_what_its_market_is(market: MarketData) -> None:
    env = FuturesEnv(1, market=market)
    facts = env.describe_params(env.default_params)
    days = futures_env.session_dates(market).astype(str).tolist()
    assert facts == {
        "symbol": "NQ",
        "session": "rth",
        "session_rule": {
            "session": "rth", "flat_by": "16:59", "entry_cutoff_bars": 1, "window": 20,
            "warm_up_sessions": 20,
        },
        "bar_minutes": 1,
        "source": "5 synthetic sessions, seed 1",
        "synthetic": True,
        "market_hash": futures_env.market_hash(market),
        "first_date": days[0],
        "last_date": days[-1],
        "sessions": 5,
    }  # fmt: skip
    assert json.loads(json.dumps(facts)) == facts


def test_context_in_front_of_a_slice_does_not_count(market: MarketData) -> None:
    env = FuturesEnv(1, market=market)
    days = futures_env.session_dates(market).astype(str).tolist()
    part = futures_env.slice_market(market, days[1], days[3])
    facts = env.describe_params(env.default_params.replace(market=part))
    assert (facts["first_date"], facts["last_date"], facts["sessions"]) == (days[1], days[3], 3)
    assert facts["market_hash"] != futures_env.market_hash(market)


def test_days_behind_the_last_start_count_for_episodes_run_into_them(market: MarketData) -> None:
    days = futures_env.session_dates(market).astype(str).tolist()
    env = FuturesEnv(1, market=market)
    early = env.default_params.replace(market=market.with_columns(
        starts=np.asarray(market.starts)[:1], start_offsets=[0, 1]))  # fmt: skip
    facts = env.describe_params(early)
    assert (facts["first_date"], facts["last_date"], facts["sessions"]) == (days[0], days[-1], 5)


def test_joined_markets_list_what_differs_and_an_unknown_one_says_nothing(
    market: MarketData,
) -> None:
    env = FuturesEnv(1, market=market)
    es = futures_env.synthetic_market("ES", sessions=5, seed=1)
    both = env.default_params.replace(market=futures_env.concat_markets([market, es]))
    facts = env.describe_params(both)
    assert (facts["symbol"], facts["session"], facts["synthetic"]) == (["NQ", "ES"], "rth", True)
    unknown = replace(market, carried=type(market.carried)(()))
    facts = env.describe_params(env.default_params.replace(market=unknown))
    assert {name for name, fact in facts.items() if fact is None} == {
        "symbol", "session", "session_rule", "bar_minutes", "source", "synthetic",
    }  # fmt: skip

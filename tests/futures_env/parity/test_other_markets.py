"""Both engines on markets of the package's own making: globex sessions and 5-minute bars."""

from dataclasses import fields

import jax
import numpy as np
import pytest

from futures_env import FEATURES, FuturesEnv, MarketData, SessionRule, synthetic_market
from futures_env.data.importing.resample import resample
from futures_env.data.market import build_market
from futures_env.data.synthetic.market import synthetic_bars, trading_days
from futures_env.testing import check_env
from tests.futures_env.parity.compare import first_difference
from tests.futures_env.parity.programs import random_program
from tests.futures_env.parity.runs import run_jax, run_reference

LANES, STEPS = 48, 128


def globex() -> MarketData:
    return synthetic_market(sessions=5, session="globex")


def five_minutes() -> MarketData:
    rule = SessionRule()
    bars = synthetic_bars("NQ", trading_days("NQ", 12, rule), 0, "none", 0.0)
    return build_market(resample(bars, 5), rule)


def leaves_of(market: MarketData) -> dict[str, np.ndarray]:
    """The table as the reference engine reads it."""
    table = market.contract_table
    return market.columns() | {
        f.name: np.asarray(getattr(table, f.name)) for f in fields(type(table))
    }


@pytest.fixture(
    scope="module",
    params=[pytest.param(globex, marks=pytest.mark.thorough), five_minutes],
    ids=["globex", "five_minutes"],
)
def market(request: pytest.FixtureRequest) -> MarketData:
    return request.param()


def test_calendar_columns_are_those_of_the_clock(market: MarketData) -> None:
    last = np.asarray(market.session_last)
    assert last.sum() >= 5
    assert (np.asarray(market.bars_to_flat)[last] == 0).all()
    assert not np.asarray(market.entry_ok)[last].any()


@pytest.mark.parametrize("phase", [1, 2])
def test_engines_agree(market: MarketData, phase: int) -> None:
    leaves = leaves_of(market)
    rng = np.random.default_rng(3)
    starts = leaves["starts"][:-STEPS]
    program = random_program(rng, starts, lanes=LANES, steps=STEPS)
    recorded = run_reference(leaves, program, phase)
    env = FuturesEnv(phase, market=market, window=1, features=FEATURES)
    difference = first_difference(leaves, program, recorded, run_jax(env, program, recorded))
    assert difference is None, difference
    assert recorded["info/trade_closed"].sum() > 100


@pytest.mark.thorough
def test_contract(market: MarketData) -> None:
    check_env(FuturesEnv(2, market=market), num_envs=8, num_steps=100)


@pytest.mark.thorough
def test_contract_with_64_bit_numbers_enabled() -> None:
    with jax.enable_x64(True):
        check_env(FuturesEnv(2, market=globex()), num_envs=4, num_steps=60)

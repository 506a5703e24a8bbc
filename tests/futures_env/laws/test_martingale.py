"""On a fair market no policy earns or loses, and doubt about fills costs, never pays."""

from collections.abc import Iterator
from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from futures_env import Action, EnvParams, EnvState, FuturesEnv, MarketData
from tests.futures_env.laws.chance import Walk, fair_params, random_walk_market, tally

LANES, BARS_PER_SESSION = 2048, 64
MIN_TRADES = 1_000_000

# Stop 2 + target 3 ticks exceed a bar's range, also where the stop trails by 2 ticks ("managed")
STEPS = {4: 1536, 2: 2560}  # by ticks per bar: enough bars for the trades
POLICIES = ("random side", "always long", "momentum", "managed")
CASES = {
    "random side": (4, {}),
    "always long": (4, {}),
    "momentum": (4, {}),
    "managed": (2, {}),
    "random side, small trailing drawdown": (4, {"drawdown": 6.0, "drawdown_mode": 0}),
    "momentum, small end-of-day drawdown": (4, {"drawdown": 6.0, "drawdown_mode": 1}),
}
cases = pytest.mark.parametrize("case", CASES)


def policies(state: EnvState, params: EnvParams, mask: jax.Array, bits: jax.Array) -> jax.Array:
    """Actions of POLICIES; illegal ones hold."""
    market, row = params.market, state.row
    rising = market.close[row] > market.open[row]
    any_legal = jnp.argmax(jnp.cumsum(mask) > bits.astype(jnp.int32) % mask.sum())
    managing = jnp.where(state.side == 0, 1 + bits % 2, any_legal)
    momentum = jnp.where(rising, Action.BUY, Action.SELL)
    return jnp.stack([1 + bits % 2, Action.BUY, momentum, managing]).astype(jnp.int32)


@lru_cache(maxsize=2)
def _market(ticks_per_bar: int, order_known: bool) -> MarketData:
    sessions = LANES * STEPS[ticks_per_bar] // BARS_PER_SESSION
    shape = Walk(sessions, BARS_PER_SESSION, ticks_per_bar)
    return random_walk_market(11, shape, order_known=order_known)


@pytest.fixture(scope="module", autouse=True)
def _markets_freed() -> Iterator[None]:
    """Some hundred megabytes each: not kept for the tests of other modules."""
    yield
    _market.cache_clear()


def _z_score(case: str, *, order_known: bool, through: int) -> float:
    """Mean P&L per trade in standard errors, over at least MIN_TRADES trades."""
    ticks_per_bar, account = CASES[case]
    steps, market = STEPS[ticks_per_bar], _market(ticks_per_bar, order_known)
    env = FuturesEnv(2, market=market, window=1, features=("none",))
    params = fair_params(env, target_through_ticks=through, **account)
    first_rows = jnp.arange(LANES, dtype=jnp.int32) * steps
    which = jnp.int32(POLICIES.index(case.split(",")[0]))
    sums = tally(env, policies, params, which, first_rows, jax.random.key(5), steps)
    trades, total, squares = (np.asarray(leaf, np.float64).sum() for leaf in sums)
    assert trades >= MIN_TRADES
    return total / np.sqrt(squares)


@cases
def test_no_policy_wins_or_loses_a_fair_game(case: str) -> None:
    assert abs(_z_score(case, order_known=True, through=0)) <= 3


@cases
def test_a_touched_target_is_not_a_fill(case: str) -> None:
    assert _z_score(case, order_known=True, through=1) < -10


@cases
def test_unknown_order_never_pays(case: str) -> None:
    assert _z_score(case, order_known=False, through=0) <= 3

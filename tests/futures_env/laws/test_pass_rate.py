"""Bars and brackets of one tick make an account a random walk whose pass rate is known."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from futures_env import AccountStatus, EnvParams, EnvState, FuturesEnv, PassTest
from tests.futures_env.laws.chance import Walk, fair_params, random_walk_market

LANES, STEPS = 4096, 3072
SEEN = ((10, 12), (20, 24))  # drawdown and target, ticks
SHAPE = Walk(sessions=1, bars_per_session=STEPS + 2, ticks_per_bar=1)


@partial(jax.jit, static_argnums=0)
def _passed(env: FuturesEnv, params: EnvParams, key: jax.Array) -> tuple[jax.Array, jax.Array]:
    """A coin chooses each side, so that lanes on one market are independent; (passed, ended)."""

    def step(state: EnvState, bits: jax.Array) -> tuple[EnvState, jax.Array]:
        _, after, _, terminated, info = env.step_env(key, state, jnp.int32(1 + bits % 2), params)
        ended = state.account_status != AccountStatus.ACTIVE
        kept = jax.tree.map(lambda new, old: jnp.where(ended, old, new), after, state)
        return kept, ended | terminated | info["trade_closed"]

    def lane(key: jax.Array) -> tuple[jax.Array, jax.Array]:
        bits = jax.random.bits(key, (STEPS,), jnp.uint32)
        state, traded = jax.lax.scan(step, env.state_at(0, params), bits)
        return state.account_status, traded.all()

    return jax.vmap(lane)(jax.random.split(key, LANES))


def test_pass_rate_is_the_random_walks() -> None:
    market = random_walk_market(3, SHAPE, order_known=True)
    env = FuturesEnv(1, market=market, window=1, features=("none",))
    for drawdown, target in SEEN:
        account = {"drawdown": float(drawdown), "drawdown_mode": 0, "profit_target": float(target)}
        passing = {"min_days": 0, "pass_test": PassTest.TOUCH}
        bracket = {"stop_atr_multiple": 0.5, "target_ratio": 1.0}
        params = fair_params(env, **account, **passing, **bracket)
        status, always_in = _passed(env, params, jax.random.key(9))
        status = np.asarray(status)
        assert np.asarray(always_in).all()
        assert (status != AccountStatus.ACTIVE).all()
        expected = (drawdown / (drawdown + 1)) ** target
        standard_error = np.sqrt(expected * (1 - expected) / LANES)
        assert abs((status == AccountStatus.PASSED).mean() - expected) <= 3 * standard_error

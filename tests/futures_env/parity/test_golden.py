"""The JAX engine on the scenarios worked by hand: exact touches that random programs seldom hit."""

from collections.abc import Mapping
from dataclasses import fields, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from futures_env import EnvParams, EnvState, ForcedPosition, FuturesEnv
from tests.futures_env.parity.markets import to_market_data
from tests.futures_env.reference.scenarios import observed
from tests.futures_env.reference.test_golden import ALL

ROWS = 8
SCALARS = tuple(field.name for field in fields(EnvParams) if field.name != "market")


class JaxEngine:
    """FuturesEnv used like the reference engine: one environment, state fields as attributes."""

    def __init__(
        self, market: Mapping[str, np.ndarray], params: Mapping[str, Any], phase: int
    ) -> None:
        self._market = to_market_data(_padded(market))
        self._env = FuturesEnv(phase, market=self._market, window=1, features=("none",))
        self.params = params

    def reset(self, row: int, forced: Any = None) -> None:
        """Begin after the bar ``row``."""
        position = ForcedPosition(
            side=jnp.int32(forced.side if forced else 0),
            profit_ticks=jnp.int32(forced.profit_ticks if forced else 0),
            bars_held=jnp.int32(forced.bars_held if forced else 0),
        )
        self._keep(_reset(self._env, jnp.int32(row), self._env_params(), position))

    def step(self, action: int) -> dict[str, Any]:
        """One step; ``info`` with terminated and truncated."""
        state, info = _step(self._env, self._state, jnp.int32(action), self._env_params())
        self._keep(state)
        return {name: leaf.item() for name, leaf in jax.device_get(info).items()}

    def _keep(self, state: EnvState) -> None:
        self._state = state
        vars(self).update({k: v.item() for k, v in jax.device_get(state).__dict__.items()})

    def _env_params(self) -> EnvParams:
        default = self._env.default_params
        own = {k: jnp.asarray(self.params[k], getattr(default, k).dtype) for k in SCALARS}
        return replace(default, market=self._market, **own)


@partial(jax.jit, static_argnums=0)
def _reset(env: FuturesEnv, row: jax.Array, params: EnvParams, forced: ForcedPosition) -> EnvState:
    return env.state_at(row, params, forced)


@partial(jax.jit, static_argnums=0)
def _step(
    env: FuturesEnv, state: EnvState, action: jax.Array, params: EnvParams
) -> tuple[EnvState, dict[str, jax.Array]]:
    _, after, _, terminated, info = env.step_env(jax.random.key(0), state, action, params)
    info = {name: leaf for name, leaf in info.items() if name != "reward_terms"}
    ends = {"terminated": terminated, "truncated": env.is_truncated(after, params)}
    return after, info | ends


def _padded(market: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """One shape for all scenarios: their last row repeated, in a segment and session of its own."""
    rows = len(market["close"])
    table = ("tick_value_cents", "commission_cents", "slippage_ticks")
    padded = {
        name: leaf if name in table else np.concatenate([leaf, leaf[-1:].repeat(ROWS - rows, 0)])
        for name, leaf in market.items()
    }
    padded["segment"] = (np.arange(ROWS) >= rows).astype(np.int32)
    padded["session"] = padded["session"] + padded["segment"]
    return padded | {
        "tick_size": np.ones(1, np.float32),
        "volume": np.ones(ROWS, np.float32),
        "features": np.zeros((ROWS, 1), np.float32),
        "minute": np.arange(ROWS, dtype=np.int32),
        "bars_to_flat": np.zeros(ROWS, np.int32),
        "starts": np.zeros(1, np.int32),
        "start_offsets": np.array([0, 1], np.int32),
    }


@pytest.mark.parametrize("side", [1, -1], ids=["long", "short"])
@pytest.mark.parametrize("name", ALL)
def test_scenario(name: str, side: int) -> None:
    assert observed(ALL[name], side, make_engine=JaxEngine) == ALL[name].expect

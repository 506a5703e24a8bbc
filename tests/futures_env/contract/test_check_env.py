"""check_env passes our environments and fails on deliberately broken ones."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import futures_env
from futures_env import FuturesEnv
from futures_env.testing import EnvCheckError, check_env


class WrongObservationShape(FuturesEnv):
    def _observe(self, state, params, decision_bar):
        return super()._observe(state, params, decision_bar)[:-1]


class IntegerReward(FuturesEnv):
    def _step(self, key, state, action, params):
        obs, state, reward, *rest = super()._step(key, state, action, params)
        return obs, state, reward.astype(jnp.int32), *rest


class NoFinalObservation(FuturesEnv):
    def _step(self, key, state, action, params):
        *rest, info = super()._step(key, state, action, params)
        return *rest, {k: v for k, v in info.items() if k != "final_observation"}


class IdentityHash(FuturesEnv):
    __hash__ = object.__hash__
    __eq__ = object.__eq__


class WeakState(FuturesEnv):
    def reset(self, key, params=None):
        obs, state = super().reset(key, params)
        return obs, replace(state, time=0)


class HoldForbidden(FuturesEnv):
    def action_mask(self, state, params):
        mask = super().action_mask(state, params)
        return mask.at[0].set(~mask[1])


class MaskIsNotLegality(FuturesEnv):
    def action_mask(self, state, params):
        return super().action_mask(state, params).at[2].set(False)


class NoReset(FuturesEnv):
    def _step(self, key, state, action, params):
        out = super()._step(key, state, action, params)
        return out[0], self.step_env(key, state, action, params)[1], *out[2:]


class NotANumber(FuturesEnv):
    def _observe(self, state, params, decision_bar):
        obs = super()._observe(state, params, decision_bar)
        return obs.at[0].set(jnp.where(state.bars_held == 3, jnp.nan, obs[0]))


class SeesTheNextBar(FuturesEnv):
    def _observe(self, state, params, decision_bar):
        obs = super()._observe(state, params, decision_bar)
        return obs.at[0].set(params.market.features[state.row + 1, 0])


class ChargesThreeTimes(FuturesEnv):
    def _step(self, key, state, action, params):
        *rest, info = super()._step(key, state, action, params)
        net = info["trade_pnl_cents"] - 250 * info["trade_closed"]
        return *rest, info | {"trade_pnl_cents": net}


class ObservationOfTheOldState(FuturesEnv):
    def _step(self, key, state, action, params):
        _, *rest = super()._step(key, state, action, params)
        return rest[-1]["final_observation"], *rest


class HostRandomness(FuturesEnv):
    def _observe(self, state, params, decision_bar):
        noise = jax.pure_callback(
            lambda: np.float32(np.random.default_rng().random()),
            jax.ShapeDtypeStruct((), jnp.float32), vmap_method="broadcast_all",
        )  # fmt: skip
        return super()._observe(state, params, decision_bar) + noise


BROKEN = {
    WrongObservationShape: "spaces",
    IntegerReward: "dtypes: reward is int32",
    NoFinalObservation: "dtypes: info has no 'final_observation'",
    IdentityHash: "identity",
    WeakState: "one_trace",
    HoldForbidden: "mask: HOLD",
    MaskIsNotLegality: "mask: illegal action 2",
    NoReset: "autoreset: after the end",
    NotANumber: "finite: obs",
    SeesTheNextBar: "no_look_ahead: obs",
    ChargesThreeTimes: "cash: cash and net",
    ObservationOfTheOldState: "autoreset: the observation returned",
    HostRandomness: "determinism: the same key gave another obs",
}


@pytest.fixture(scope="module")
def market():
    return futures_env.synthetic_market(sessions=5, seed=3)


@pytest.mark.parametrize("phase", [1, 2])
def test_our_environments_pass(phase, market):
    check_env(FuturesEnv(phase, market=market))


@pytest.mark.parametrize("kind", BROKEN, ids=lambda kind: kind.__name__)
def test_a_broken_environment_is_named(kind, market):
    check = BROKEN[kind].split(":")[0]
    with pytest.raises(EnvCheckError, match=BROKEN[kind]):
        check_env(kind(1, market=market), num_envs=4, num_steps=60, only=(check,))

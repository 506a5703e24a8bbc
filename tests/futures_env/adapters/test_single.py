"""``GymnasiumEnv`` and the ids: one compiled step for all instances, pictures, wrong calls."""

import copy
import pickle
import time
import warnings
from dataclasses import replace

import gymnasium
import gymnasium.utils.env_checker
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import futures_env
from futures_env import GymnasiumEnv
from futures_env.adapters.packing import Packed
from futures_env.adapters.stepping import reset_one, step_one
from futures_env.registration import environment_ids

KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def traded(phase2_env):
    """An environment with an open position, its parameters and its state."""
    params = replace(phase2_env.default_params, forced_position_ratio=jnp.float32(1.0))
    env = GymnasiumEnv(phase2_env, params, render_mode="ansi")
    env.reset(seed=5)
    return env


@pytest.mark.parametrize("phase", [1, 2])
def test_gymnasium_check_env(phase):
    made = gymnasium.make(f"futures_env:FuturesNQ-Phase{phase}-v0", render_mode="rgb_array")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it advises against unbounded spaces
        gymnasium.utils.env_checker.check_env(made.unwrapped)


def test_every_id_is_registered_once():
    known = {env_id for env_id in gymnasium.registry if env_id.startswith("Futures")}
    assert known == {f"{env_id}-v0" for env_id in environment_ids()}
    before = gymnasium.registry["FuturesNQ-Phase2-v0"]
    futures_env.register_with_gymnasium()
    assert gymnasium.registry["FuturesNQ-Phase2-v0"] is before


def test_steps_are_those_of_the_environment(phase2_env):
    env = GymnasiumEnv(phase2_env)
    env.reset(seed=2)
    state, rng = jax.jit(Packed.unpack)(env._state), np.random.default_rng(0)
    step = jax.jit(phase2_env.step_env)
    for _ in range(40):
        action = int(rng.choice(np.flatnonzero(env.action_masks())))
        obs, reward, terminated, truncated, info = env.step(action)
        own_obs, state, own_reward, own_terminated, own_info = step(
            KEY, state, jnp.int32(action), phase2_env.default_params
        )
        np.testing.assert_array_equal(obs, own_obs)
        assert (reward, terminated) == (own_reward.item(), own_terminated.item())
        assert info.pop("action_mask").tolist() == env.action_masks().tolist()
        assert info == jax.tree.map(lambda leaf: leaf.item(), own_info)
        if terminated or truncated:
            env.reset()
            state = jax.jit(Packed.unpack)(env._state)


def test_instances_share_one_compiled_step(phase2_env):
    first = GymnasiumEnv(phase2_env)
    first.reset(seed=0)
    first.step(0)
    sizes = reset_one._cache_size(), step_one._cache_size()
    market = phase2_env.default_params.market
    second = GymnasiumEnv(
        futures_env.FuturesEnv(2, market=market, name="FuturesNQ-Phase2"),
        replace(phase2_env.default_params, contracts=jnp.int32(2)),
    )
    second.reset(seed=1)
    began = time.process_time()  # not wall time: the machine is shared
    second.step(1)
    assert time.process_time() - began < 0.05
    assert (reset_one._cache_size(), step_one._cache_size()) == sizes


def test_copies_and_pickles_go_on_alike(traded):
    twins = copy.deepcopy(traded), pickle.loads(pickle.dumps(traded))
    obs = traded.step(0)[0]
    for twin in twins:
        np.testing.assert_array_equal(twin.step(0)[0], obs)
    traded.reset(seed=5)


@pytest.mark.parametrize(
    ("action", "told"),
    [
        (np.array([1]), r"one action, a whole number, not an array of shape \(1,\)"),
        ([0, 1], r"not an array of shape \(2,\)"),
        (1.5, "whole numbers, not float64"),
        (6, "no action 6; there are 0 HOLD"),
        (-1, "no action -1"),
    ],
)
def test_wrong_actions_are_refused_in_one_line(traded, action, told):
    with pytest.raises(ValueError, match=told) as refused:
        traded.step(action)
    assert len(str(refused.value).splitlines()) == 1


def test_a_call_before_reset_says_so(phase1_env):
    env = GymnasiumEnv(phase1_env)
    for call in (env.action_masks, env.render, lambda: env.step(0)):
        with pytest.raises(RuntimeError, match="call reset"):
            call()


def test_text_holds_position_and_account_in_columns(traded):
    lines = [traded.render()]
    for _ in range(3):
        traded.step(0)
        lines.append(traded.render())
    traded.reset(seed=5)
    state, params = traded._state.values(), traded._params
    assert len({len(line) for line in lines}) == 1
    assert len({line.index("equity") for line in lines}) == 1
    assert all("\n" not in line for line in lines)
    side = {1: "long", -1: "short"}[int(state.side)]
    for shown in (side, f"entry {int(state.entry_price) * 0.25:>10,.2f}",
                  f"stop {int(state.stop_price) * 0.25:>10,.2f}",
                  f"target {int(state.target_price) * 0.25:>10,.2f}",
                  f"floor {int(state.floor_cents) / 100:>12,.2f}"):  # fmt: skip
        assert shown in lines[0], shown
    close = int(params.market.close[int(state.row)]) * 0.25
    assert f"C {close:>10,.2f}" in lines[0]


def test_the_floor_line_is_where_equity_meets_the_floor(traded):
    from futures_env.drawing.moment import moment

    seen = moment(traded._state.values(), traded._params)
    per_point = 20.0 * seen.contracts * seen.side  # USD a point of NQ
    balance = seen.equity_usd - seen.open_usd
    assert balance + (seen.floor - seen.entry) * per_point == pytest.approx(seen.floor_usd)


def test_pictures_change_with_the_bar(traded):
    env = GymnasiumEnv(traded._env, traded._params, render_mode="rgb_array")
    env.reset(seed=5)
    first = env.render()
    env.step(0)
    second = env.render()
    assert first.shape == second.shape == (360, 640, 3)
    assert first.dtype == np.uint8
    assert (first != second).any()
    stop_color = np.array([0xC0, 0x50, 0x3F])
    assert (np.abs(first.astype(int) - stop_color).sum(axis=-1) < 30).sum() > 20


def test_without_a_render_mode_nothing_is_drawn(traded):
    env = GymnasiumEnv(traded._env, traded._params)
    env.reset(seed=0)
    assert env.render() is None

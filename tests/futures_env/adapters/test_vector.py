"""``FuturesVectorEnv``: the environment's own steps, gymnasium's conventions, wrong calls."""

import copy
import pickle
from dataclasses import replace

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers.vector import DictInfoToList, RecordEpisodeStatistics

from futures_env import FuturesVectorEnv
from futures_env.adapters.packing import Packed

NUM_ENVS = 4


@pytest.fixture(scope="module")
def short(phase2_env):
    """Episodes of 5 steps."""
    return replace(phase2_env.default_params, max_steps_in_episode=jnp.int32(5))


def play(envs, steps, seed=1):
    """Masked random play: the observations and what every step returned."""
    rng = np.random.default_rng(seed)
    obs, infos = envs.reset(seed=seed)
    record = [(obs, infos)]
    for _ in range(steps):
        actions = np.array([rng.choice(np.flatnonzero(mask)) for mask in envs.action_masks()])
        record.append(envs.step(actions))
    return record


def test_steps_are_those_of_the_environment(phase2_env, short):
    """The same keys through ``env.step`` give the same bits, across the ends of episodes."""
    envs = FuturesVectorEnv(phase2_env, NUM_ENVS, short)
    envs.reset(seed=1)
    state, key = jax.jit(Packed.unpack)(envs._state), jnp.asarray(envs._key)
    rng = np.random.default_rng(0)
    step = jax.jit(jax.vmap(phase2_env.step, (0, 0, 0, None)))
    for _ in range(12):
        actions = np.array([rng.choice(np.flatnonzero(mask)) for mask in envs.action_masks()])
        obs, rewards, terminations, truncations, infos = envs.step(actions)
        following, stepping = jax.random.split(jax.random.wrap_key_data(key))
        key = jax.random.key_data(following)
        keys = jax.random.split(stepping, NUM_ENVS)
        own = step(keys, state, jnp.asarray(actions, jnp.int32), short)
        state, info = own[1], own[-1]
        for mine, theirs in zip((obs, rewards, terminations, truncations),
                                (own[0], *own[2:5]), strict=True):  # fmt: skip
            np.testing.assert_array_equal(mine, theirs)
            assert mine.dtype == theirs.dtype
        for name in ("equity_cents", "exit_reason", "illegal_action"):
            np.testing.assert_array_equal(infos[name], info[name])
            assert infos[name].dtype == info[name].dtype
        for name, term in info["reward_terms"].items():
            np.testing.assert_array_equal(infos["reward_terms"][name], term)
        masks = jax.vmap(phase2_env.action_mask, (0, None))(state, short)
        np.testing.assert_array_equal(infos["action_mask"], masks)
        if (terminations | truncations).any():
            final = np.stack(infos["final_obs"][infos["_final_obs"]])
            np.testing.assert_array_equal(
                final, np.asarray(info["final_observation"])[infos["_final_obs"]]
            )


def test_autoreset_within_the_step(phase2_env, short):
    assert FuturesVectorEnv.metadata["autoreset_mode"] == AutoresetMode.SAME_STEP
    record = play(FuturesVectorEnv(phase2_env, NUM_ENVS, short), 11)
    for number, (obs, _, _, truncated, infos) in enumerate(record[1:], 1):
        assert truncated.all() == (number % 5 == 0)
        assert ("final_obs" in infos) == (number % 5 == 0)
        if number % 5 == 0:
            assert infos["_final_obs"].all()
            assert not np.array_equal(infos["final_obs"][0], obs[0])
            assert (infos["final_info"]["done_reason"] == infos["done_reason"]).all()


def test_a_seed_repeats_everything_and_lanes_differ(phase2_env, short):
    one, two = (play(FuturesVectorEnv(phase2_env, NUM_ENVS, short), 8) for _ in range(2))
    for (first, *_), (second, *_) in zip(one, two, strict=True):
        np.testing.assert_array_equal(first, second)
    assert not np.array_equal(one[0][0][0], one[0][0][1])


def test_gymnasium_vector_wrappers_work(phase2_env, short):
    envs = DictInfoToList(RecordEpisodeStatistics(FuturesVectorEnv(phase2_env, NUM_ENVS, short)))
    envs.reset(seed=0)
    for _ in range(5):
        *_, infos = envs.step(np.zeros(NUM_ENVS, int))
    assert [info["episode"]["l"] for info in infos] == [5] * NUM_ENVS
    assert infos[2]["action_mask"].shape == (6,)
    assert infos[2]["reward_terms"].keys() >= {"equity", "realized"}


def test_copies_and_pickles_go_on_alike(phase2_env, short):
    envs = FuturesVectorEnv(phase2_env, NUM_ENVS, short)
    envs.reset(seed=4)
    twins = copy.deepcopy(envs), pickle.loads(pickle.dumps(envs))
    actions = np.array([0, 1, 2, 0])
    for _ in range(6):
        obs = envs.step(actions)[0]
        for twin in twins:
            np.testing.assert_array_equal(twin.step(actions)[0], obs)


def test_what_is_returned_belongs_to_the_caller(phase2_env, short):
    envs = FuturesVectorEnv(phase2_env, NUM_ENVS, short)
    obs, _ = envs.reset(seed=0)
    masks = envs.action_masks()
    obs[:], masks[:] = 0.0, False
    assert envs.action_masks()[:, 0].all()
    assert envs.step(np.zeros(NUM_ENVS, int))[0].flags.writeable


@pytest.mark.parametrize(
    ("actions", "told"),
    [
        (0, "not a single number"),
        (np.zeros((4, 1), int), r"not \(4, 1\)"),
        (np.zeros(4), "whole numbers, not float64"),
        ([0, 0, 9, 0], "no action 9; there are 0 HOLD, 1 BUY"),
        ([0, -1, 0, 0], "no action -1"),
    ],
)
def test_wrong_actions_are_refused_in_one_line(phase2_env, short, actions, told):
    envs = FuturesVectorEnv(phase2_env, NUM_ENVS, short)
    envs.reset(seed=0)
    with pytest.raises(ValueError, match=told) as refused:
        envs.step(actions)
    assert len(str(refused.value).splitlines()) == 1


def test_wrong_calls_are_refused(phase2_env, short):
    envs = FuturesVectorEnv(phase2_env, NUM_ENVS, short)
    for call in (envs.action_masks, envs.render, lambda: envs.step(np.zeros(NUM_ENVS, int))):
        with pytest.raises(RuntimeError, match="call reset"):
            call()
    with pytest.raises(ValueError, match="num_envs must be at least 1, not 0"):
        FuturesVectorEnv(phase2_env, 0)
    with pytest.raises(ValueError, match="one of ansi, rgb_array"):
        FuturesVectorEnv(phase2_env, 2, render_mode="human")


def test_make_vec_and_reset_with_other_parameters(short):
    envs = gymnasium.make_vec("futures_env:FuturesNQ-Phase2-v0", num_envs=NUM_ENVS, params=short)
    assert isinstance(envs, FuturesVectorEnv)
    assert envs.observation_space.shape == (NUM_ENVS, 231)
    envs.reset(seed=0, options={"params": replace(short, max_steps_in_episode=jnp.int32(1))})
    assert envs.step(np.zeros(NUM_ENVS, int))[3].all()

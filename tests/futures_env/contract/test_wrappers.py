"""Other people's interfaces: gymnax wrappers, five-value learners, Gymnasium."""

import copy
import pickle

import gymnax
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import rejax
from gymnax.experimental import RolloutWrapper
from gymnax.wrappers import (
    FlattenObservationWrapper,
    GymnaxToGymWrapper,
    GymnaxToVectorGymWrapper,
    LogWrapper,
)

import futures_env
from futures_env import GymnasiumEnv, LegacyStepEnv

KEY = jax.random.key(0)


def same_first_step(one, other, env):
    def first(wrapper):
        _, state = wrapper.reset(KEY, env.default_params)
        return wrapper.step(KEY, state, 1, env.default_params)[0]

    np.testing.assert_array_equal(first(one), first(other))


@pytest.mark.parametrize("wrap", [LogWrapper, FlattenObservationWrapper, LegacyStepEnv])
def test_wrappers_copy_and_pickle(wrap, phase2_env):
    wrapped = wrap(phase2_env)
    for twin in (copy.deepcopy(wrapped), pickle.loads(pickle.dumps(wrapped))):
        assert twin.name == phase2_env.name
        same_first_step(wrapped, twin, phase2_env)


def test_log_wrapper_counts_episodes(phase1_env):
    env = LogWrapper(phase1_env)
    params = phase1_env.default_params.replace(max_steps_in_episode=jnp.int32(5))
    _, state = env.reset(KEY, params)
    for step in range(5):
        _, state, _, _, truncated, info = env.step(KEY, state, 0, params)
        assert bool(truncated) == (step == 4)
    assert int(info["returned_episode_lengths"]) == 5


def test_gym_wrapper_of_gymnax(phase1_env):
    env = GymnaxToGymWrapper(phase1_env)
    obs, _ = env.reset(seed=1)
    stepped = env.step(0)
    assert obs.shape == stepped[0].shape == env.observation_space.shape
    assert len(stepped) == 5


def test_rollout_wrapper(phase1_env):
    def hold(params, obs, key):
        return jnp.int32(0)

    rollout = RolloutWrapper(hold, env=phase1_env, num_env_steps=4)
    obs = rollout.batch_rollout(jax.random.split(KEY, 3), jnp.zeros(()))[0]
    assert obs.shape == (3, 4, 225)


def test_five_value_step_and_identity(phase1_env):
    env = LegacyStepEnv(phase1_env)
    twin = LegacyStepEnv(gymnax.make("FuturesNQ-Phase1")[0])
    assert env == twin
    assert hash(env) == hash(twin)
    params = phase1_env.default_params.replace(max_steps_in_episode=jnp.int32(1))
    _, state = env.reset(KEY, params)
    _, state, _, done, info = env.step(KEY, state, 0, params)
    assert bool(done)
    assert bool(info["truncated"])
    assert not bool(info["terminated"])


@pytest.mark.thorough
def test_an_unmodified_third_party_learner_trains(phase1_env):
    """rejax's PPO, as released, on the five-value adapter."""
    params = phase1_env.default_params.replace(max_steps_in_episode=jnp.int32(8))
    agent = rejax.PPO.create(
        env=LegacyStepEnv(phase1_env), env_params=params, num_envs=8, num_steps=32,
        num_epochs=1, num_minibatches=2, total_timesteps=512, eval_freq=512,
        learning_rate=3e-4, max_grad_norm=0.5, gamma=0.99, skip_initial_evaluation=True,
    )  # fmt: skip
    before = agent.init_state(jax.random.key(1))
    after, _ = jax.jit(agent.train)(train_state=before)
    weights = jax.tree.leaves((before.actor_ts.params, after.actor_ts.params))
    half = len(weights) // 2
    assert int(after.global_step) >= 512
    assert all(np.isfinite(leaf).all() for leaf in weights[half:])
    assert any((a != b).any() for a, b in zip(weights[:half], weights[half:], strict=True))


def test_masked_play_through_gymnasium_is_legal(phase2_env):
    env = GymnasiumEnv(phase2_env)
    env.reset(seed=3)
    rng = np.random.default_rng(0)
    for _ in range(200):
        mask = env.action_masks()
        assert mask.shape == (env.action_space.n,)
        _, _, terminated, truncated, info = env.step(int(rng.choice(np.flatnonzero(mask))))
        assert not info["illegal_action"]
        assert (info["action_mask"] == env.action_masks()).all()
        if terminated or truncated:
            env.reset()


def test_vector_gym_wrapper_of_gymnax(phase1_env):
    envs = GymnaxToVectorGymWrapper(phase1_env, num_envs=3, seed=0)
    obs, _ = envs.reset(seed=1)
    stepped = envs.step(np.array([0, 1, 2]))
    assert obs.shape == stepped[0].shape == envs.observation_space.shape == (3, 225)
    assert not stepped[2].any()


def test_describe_puts_codes_in_words():
    info = {"exit_reason": 1, "account_status": 2, "done_reason": 1, "other": 5}
    assert futures_env.describe(info) == {
        "exit_reason": "stop", "account_status": "failed_drawdown",
        "done_reason": "failed_drawdown",
    }  # fmt: skip

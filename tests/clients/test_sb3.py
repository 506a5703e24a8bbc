"""Stable-Baselines3 and sb3-contrib, as released."""

import warnings
from dataclasses import replace

import gymnax
import jax.numpy as jnp
import numpy as np
import pytest

import futures_env
from tests.clients.absent import client

CLIENT = client("stable_baselines3", "sb3_contrib", "torch")
pytestmark = CLIENT


@pytest.fixture(scope="module")
def env():
    return gymnax.make("FuturesNQ-Phase2")[0]


@pytest.fixture(scope="module")
def params(env):
    return replace(env.default_params, max_steps_in_episode=jnp.int32(50))


def batched(env, params, num_envs=8, **options):
    from futures_env.adapters.sb3 import SB3VecEnv

    return SB3VecEnv(futures_env.FuturesVectorEnv(env, num_envs, params, **options))


def test_check_env_of_stable_baselines3(env, params):
    from stable_baselines3.common.env_checker import check_env

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # advice on the scale of observations
        check_env(futures_env.GymnasiumEnv(env, params))


def test_masked_ppo_trains_unmodified(env, params):
    """It learns on the batched adapter, never plays an illegal action, and acts afterwards."""
    from sb3_contrib import MaskablePPO
    from sb3_contrib.common.maskable.utils import get_action_masks

    envs = batched(env, params)
    model = MaskablePPO("MlpPolicy", envs, n_steps=64, batch_size=128, n_epochs=2, seed=0)
    before = [weight.detach().clone() for weight in model.policy.parameters()]
    model.learn(2_048)
    after = list(model.policy.parameters())
    assert any((a != b).any() for a, b in zip(before, after, strict=True))
    assert len(model.ep_info_buffer) > 8
    assert max(one["l"] for one in model.ep_info_buffer) == 50
    obs, told = envs.reset(), []
    for _ in range(60):
        masks = get_action_masks(envs)
        actions, _ = model.predict(obs, action_masks=masks)
        assert masks[np.arange(8), actions].all()
        obs, _, dones, infos = envs.step(actions)
        told += [info for info, done in zip(infos, dones, strict=True) if done]
    assert told
    assert any(info["TimeLimit.truncated"] for info in told)
    assert not any(info["illegal_action"] for info in told)


def test_infos_at_the_end_of_an_episode(env, params):
    envs = batched(env, params, 2)
    envs.seed(3)
    envs.reset()
    rewards = np.zeros(2)
    for step in range(1, 51):
        obs, reward, dones, infos = envs.step(np.array([1, 2]))
        rewards += reward
        assert dones.all() == (step == 50)
        assert all(bool(info) == (step == 50) for info in infos)
    for lane, info in enumerate(infos):
        assert info["episode"] == {"r": pytest.approx(rewards[lane]), "l": 50}
        assert info["terminal_observation"].shape == (231,)
        assert not np.array_equal(info["terminal_observation"], obs[lane])
        assert info["done_reason"] == futures_env.DoneReason.TIME_LIMIT


def test_vec_env_interface(env, params):
    envs = batched(env, params, 3, render_mode="rgb_array")
    envs.seed(1)
    first = envs.reset()
    envs.seed(1)
    np.testing.assert_array_equal(envs.reset(), first)
    assert np.stack(envs.env_method("action_masks", indices=[0, 2])).shape == (2, 6)
    assert envs.get_attr("render_mode", indices=0) == ["rgb_array"]
    assert envs.render().ndim == 3
    with pytest.raises(ValueError, match="leave indices out"):
        envs.set_attr("render_mode", None, indices=1)


def test_normalised(env, params):
    from stable_baselines3.common.vec_env import VecNormalize

    envs = VecNormalize(batched(env, params, 2))
    obs = envs.reset()
    for _ in range(50):
        obs, *_, infos = envs.step(np.zeros(2, int))
    assert np.isfinite(obs).all()
    assert infos[0]["episode"]["l"] == 50

"""Known benchmarks are solved: CartPole-v1 to 475 and Catch-bsuite to 0.9."""

import gymnax
import pytest

from ppo_agent import Policy, PPOConfig, evaluate, train

pytestmark = pytest.mark.thorough


def test_cartpole_reaches_475() -> None:
    env, env_params = gymnax.make("CartPole-v1")
    config = PPOConfig(
        total_timesteps=120_000,
        num_envs=16,
        hidden_sizes=(64, 64),
        learning_rate=1e-3,
        ent_coef=0.01,
    )
    result = train(env, env_params, config, progress=False)
    policy = Policy.from_train_state(result.train_state, config)
    figures = evaluate(policy, env, env_params, num_envs=64, max_steps=500)
    assert figures["return"] >= 475.0


def test_catch_reaches_0_9() -> None:
    env, env_params = gymnax.make("Catch-bsuite")
    config = PPOConfig(
        total_timesteps=200_000,
        num_envs=32,
        num_steps=64,
        hidden_sizes=(64, 64),
        learning_rate=1e-3,
        ent_coef=0.01,
    )
    result = train(env, env_params, config, progress=False)
    policy = Policy.from_train_state(result.train_state, config)
    figures = evaluate(policy, env, env_params, num_envs=256, max_steps=20)
    assert figures["finished"] == 1.0
    assert figures["return"] >= 0.9

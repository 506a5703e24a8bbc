"""Full PPO training on one environment, in steady state."""

from typing import Any

import gymnax

import futures_env  # noqa: F401  (registers the environments)
from ppo_agent import PPOConfig, train

STEPS_PER_UPDATE = 256 * 128


def config_for(num_envs: int, num_updates: int) -> PPOConfig:
    """The default network and update on about 32,768 steps, whatever the number of envs."""
    num_steps = max(STEPS_PER_UPDATE // num_envs // 4, 1) * 4
    return PPOConfig(
        num_envs=num_envs,
        num_steps=num_steps,
        total_timesteps=num_envs * num_steps * num_updates,
        updates_per_chunk=num_updates,
    )


def measure(env_id: str, num_envs: int, repeats: int) -> dict[str, Any]:
    """Steps per second of whole training updates, compile time apart.

    Collect, estimate, four epochs of four minibatches, statistics and metrics.
    """
    env, params = gymnax.make(env_id)
    config = config_for(num_envs, num_updates=6)
    rates = []
    compile_seconds = 0.0
    for repeat in range(repeats):
        timing = train(env, params, config, progress=False).timing
        rates.append(timing.steps_per_second)
        if repeat == 0:
            compile_seconds = timing.compile_seconds
    return {
        "steps_per_second": max(rates),
        "median_steps_per_second": sorted(rates)[len(rates) // 2],
        "compile_seconds": compile_seconds,
        "num_steps": config.num_steps,
    }

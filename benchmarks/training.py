"""Full PPO training on one environment, in steady state, beside its bound and a baseline."""

import time
from typing import Any

import gymnax
import jax

import futures_env  # noqa: F401  (registers the environments)
from benchmarks.bound import matmul_bound
from benchmarks.measure import time_call
from benchmarks.purejaxrl_style import make_train
from ppo_agent import PPOConfig, train
from ppo_agent.algorithm.networks import make_network

STEPS_PER_UPDATE = 256 * 128
UPDATES = 6


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

    Collect, estimate, four epochs of four minibatches, statistics and metrics. The bound is
    measured between the repeats, so that a busy machine slows both.
    """
    env, params = gymnax.make(env_id)
    config = config_for(num_envs, UPDATES)
    bound, arguments = matmul_bound(len(env.observation_layout), env.num_actions, config)
    rates, bounds, compiled = [], [], []
    for _ in range(repeats):
        timing = train(env, params, config, progress=False).timing
        rates.append(timing.steps_per_second)
        compiled.append(timing.compile_seconds)
        bounds.append(config.steps_per_update / time_call(bound, *arguments, repeats=3).best)
    return {
        "steps_per_second": max(rates),
        "median_steps_per_second": sorted(rates)[len(rates) // 2],
        "compile_seconds": compiled[0],
        "num_steps": config.num_steps,
        "bound_steps_per_second": max(bounds),
        "share_of_bound": max(rates) / max(bounds),
    }


def measure_baseline(env_id: str, num_envs: int, repeats: int) -> float:
    """Steps per second of a PureJaxRL-style unmasked PPO of the same network and sizes."""
    env, params = gymnax.make(env_id)
    config = config_for(num_envs, UPDATES)
    network = make_network(config, env.num_actions)

    class Unmasked:
        """``network`` with the (init, apply) of the baseline: parameters as one tree."""

        init = staticmethod(network.init)
        apply = staticmethod(network.apply)

    def run(key: jax.Array, params: Any) -> jax.Array:
        return make_train(env, params, config, Unmasked())(key)  # ty: ignore[invalid-argument-type]

    compiled = jax.jit(run).lower(jax.random.key(0), params).compile()
    seconds = []
    for repeat in range(repeats + 1):
        began = time.perf_counter()
        jax.block_until_ready(compiled(jax.random.key(repeat), params))
        seconds.append(time.perf_counter() - began)
    return config.steps_per_update * UPDATES / min(seconds[1:])

"""Does the masked PPO learn as well as a PureJaxRL-style PPO? Breakout-MinAtar, same process.

    python -m benchmarks.learning [--steps 5000000] [--seeds 5] [--json FILE]

Both agents use the same hyper-parameters and widths; neither standardises observations unless
``--normalize-observations`` asks ours to. The figure of a seed is the mean return of
the episodes that ended in the last tenth of training. The test holds when our mean is no less
than the lower end of the baseline's 95 % bootstrap interval.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gymnax
import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.command_line import refuse, too_small, unwritable
from benchmarks.purejaxrl_style import make_train
from benchmarks.seeds import interval, last_tenth, write_json
from ppo_agent import PPOConfig, train


def config_of(steps: int, seeds: int, **changed: Any) -> PPOConfig:
    """PureJaxRL's MinAtar settings (its examples/brax_minatar.ipynb)."""
    settings: dict[str, Any] = {
        "total_timesteps": steps,
        "num_seeds": seeds,
        "num_envs": 64,
        "num_minibatches": 8,
        "learning_rate": 5e-3,
        "learning_rate_final": 0.0,
        "ent_coef": 0.01,
        "ent_coef_decay": 0.0,
        "hidden_sizes": (64, 64),
        "activation": "relu",
    }
    return PPOConfig(**(settings | changed))


def final_mean(curve: np.ndarray) -> float:
    """Mean of the last tenth of a learning curve, updates without an episode left out."""
    return float(np.nanmean(last_tenth(curve)))


def ours(env: Any, env_params: Any, config: PPOConfig) -> dict[str, Any]:
    """Final means of all seeds and steps per second."""
    result = train(env, env_params, config, progress=False)
    lists = [row.get("members", row).get("episode_return") for row in result.metrics]
    curves = np.array(lists, dtype=float).reshape(len(lists), -1).T
    return {
        "finals": [final_mean(curve) for curve in curves],
        "steps_per_second": result.timing.steps_per_second,
    }


def baseline(env: Any, env_params: Any, config: PPOConfig) -> dict[str, Any]:
    """The same for the PureJaxRL-style agent."""
    keys = jnp.stack([jax.random.PRNGKey(config.seed + i) for i in range(config.num_seeds)])
    compiled = jax.jit(jax.vmap(make_train(env, env_params, config))).lower(keys).compile()
    started = time.perf_counter()
    curves = np.asarray(compiled(keys))
    elapsed = time.perf_counter() - started
    steps = config.num_updates * config.steps_per_update * config.num_seeds
    return {
        "finals": [final_mean(curve) for curve in curves],
        "steps_per_second": steps / elapsed,
    }


def main(args: Sequence[str] | None = None) -> int:
    """Compare; 0 when the test holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=5_000_000)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--env", default="Breakout-MinAtar")
    parser.add_argument("--learning-rate", type=float, default=5e-3)
    parser.add_argument("--activation", choices=("relu", "tanh"), default="relu")
    parser.add_argument(
        "--normalize-observations",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="of our agent; the baseline never does",
    )
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(args)
    one_update = config_of(parser.get_default("steps"), 1).steps_per_update
    refuse(
        too_small(2, seeds=options.seeds),
        too_small(one_update, steps=options.steps),
        unwritable("--json", options.json),
    )
    env, env_params = gymnax.make(options.env)
    config = config_of(
        options.steps,
        options.seeds,
        learning_rate=options.learning_rate,
        activation=options.activation,
        normalize_observations=options.normalize_observations,
    )
    report = {}
    for name, agent in (("ppo_agent", ours), ("purejaxrl_style", baseline)):
        figures = agent(env, env_params, config)
        figures |= {"mean": float(np.mean(figures["finals"]))}
        figures |= {"interval": interval(figures["finals"])}
        report[name] = figures
        low, high = figures["interval"]
        print(
            f"{name:16} return {figures['mean']:8.3f}  95 % [{low:.3f}, {high:.3f}]  "
            f"{figures['steps_per_second']:,.0f} steps/s"
        )
    holds = report["ppo_agent"]["mean"] >= report["purejaxrl_style"]["interval"][0]
    print(f"no less than the baseline's interval: {holds}")
    write_json(options.json, report | {"config": config.to_dict()})
    return 0 if holds else 1


if __name__ == "__main__":
    raise SystemExit(main())

"""Trains the corridor on several devices or processes and prints its figures as JSON.

The controllers act on a window of all four updates. ``--cut`` stops after three of them.
"""

import argparse
import json

import jax
import jax.numpy as jnp
import numpy as np


def main() -> None:
    """Join the cluster, train and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("devices", type=int, help="0: all")
    parser.add_argument("run_dir")
    parser.add_argument("--cluster", nargs=3, metavar=("COORDINATOR", "COUNT", "INDEX"))
    parser.add_argument("--cut", action="store_true")
    parser.add_argument("--resume", action="store_true")
    options = parser.parse_args()
    if options.cluster:
        coordinator, count, index = options.cluster
        jax.distributed.initialize(coordinator, int(count), int(index))
    # gymnax initialises the backend when it is imported
    from ppo_agent import train
    from tests.ppo_agent.conftest import small_config
    from tests.ppo_agent.corridor import Corridor, CorridorParams

    config = small_config(
        num_devices=options.devices,
        total_timesteps=64 * 4,
        auto_adjust=True,
        adjust_every=4,
        entropy_target=5.0,
        max_minutes=1e-6 if options.cut else 0.0,
    )
    result = train(
        Corridor(),
        CorridorParams(),
        config,
        run_dir=options.run_dir,
        resume=options.resume,
        progress=False,
        validate_fn=lambda policy: {"score": float(policy.value(jnp.ones(2)))},
        validate_every=3,
    )
    params = jax.tree.leaves(result.train_state.learned.params)
    spread = len(result.train_state.workers.obs.sharding.device_set)
    figures = {
        "devices": spread,
        "losses": [row["loss"] for row in result.metrics],
        "rewards": [row["reward"] for row in result.metrics],
        "score": result.validation[0]["score"],
        "adjustments": result.adjustments,
        "norm": float(sum(np.sum(np.square(np.asarray(leaf))) for leaf in params)),
    }
    print("FIGURES " + json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()

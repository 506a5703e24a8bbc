"""Trains the corridor on several devices or processes and prints its figures as JSON.

Arguments: number of devices (0: all), run folder, then for several processes: coordinator, count,
index.
"""

import json
import sys

import jax

if len(sys.argv) > 3:
    jax.distributed.initialize(sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))

import jax.numpy as jnp
import numpy as np

from ppo_agent import train
from tests.ppo_agent.conftest import small_config
from tests.ppo_agent.corridor import Corridor, CorridorParams


def main() -> None:
    """Train and print."""
    config = small_config(num_devices=int(sys.argv[1]), total_timesteps=64 * 4)
    result = train(
        Corridor(),
        CorridorParams(),
        config,
        run_dir=sys.argv[2],
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
        "norm": float(sum(np.sum(np.square(np.asarray(leaf))) for leaf in params)),
    }
    print("FIGURES " + json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()

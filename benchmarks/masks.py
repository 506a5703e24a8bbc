"""Draw 10^8 actions under random masks and floors and count the illegal ones.

python -m benchmarks.masks [--draws 100000000]
"""

import argparse
from collections.abc import Sequence

import jax
import jax.numpy as jnp

from benchmarks.command_line import refuse, too_small
from ppo_agent.algorithm.distribution import policy_distribution

ROWS, ACTIONS = 100_000, 6


def batch(index: jax.Array, illegal: jax.Array) -> jax.Array:
    """Add the illegal draws of one batch of fresh logits, masks and floors."""
    keys = jax.random.split(jax.random.fold_in(jax.random.PRNGKey(0), index), 5)
    logits = jax.random.normal(keys[0], (ROWS, ACTIONS)) * 10.0 ** jax.random.uniform(
        keys[1], (ROWS, 1), minval=-2.0, maxval=3.0
    )
    mask = jax.random.bernoulli(keys[2], 0.5, (ROWS, ACTIONS))
    mask = mask.at[:, 0].set(mask[:, 0] | ~jnp.any(mask, axis=-1))
    floor = jnp.maximum(jax.random.uniform(keys[3], minval=-0.1, maxval=0.4), 0.0)
    action = policy_distribution(logits, mask, floor).sample(seed=keys[4])
    legal = jnp.take_along_axis(mask, action[:, None], axis=-1)
    return illegal + jnp.sum(~legal)


def main(args: Sequence[str] | None = None) -> int:
    """Count; 0 when no draw was illegal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=100_000_000)
    draws = parser.parse_args(args).draws
    refuse(too_small(1, draws=draws))
    batches = -(-draws // ROWS)
    run = jax.jit(lambda n: jax.lax.fori_loop(0, n, batch, jnp.zeros((), jnp.int32)))
    illegal = int(run(batches))
    print(f"{batches * ROWS:,} draws, {illegal} illegal")
    return 0 if illegal == 0 else 1


if __name__ == "__main__":
    raise SystemExit(main())

"""The parts of an update do the work of an update."""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.update_parts import gathering
from ppo_agent import PPOConfig
from ppo_agent.types import Minibatch

STEPS, ENVS, COLUMNS = 8, 4, 3


def test_every_epoch_gathers_every_step_once() -> None:
    config = PPOConfig(num_envs=ENVS, num_steps=STEPS, num_epochs=3, num_minibatches=2)
    run: Any = SimpleNamespace(config=config)
    rng = np.random.default_rng(0)
    values = jnp.asarray(rng.normal(size=(STEPS, ENVS)), jnp.float32)
    obs = jnp.asarray(rng.normal(size=(STEPS, ENVS, COLUMNS)), jnp.float32)
    batch = Minibatch(
        obs=obs,
        mask=jnp.ones((STEPS, ENVS, 2), bool),
        action=jnp.zeros((STEPS, ENVS), jnp.int32),
        log_prob=values,
        value=values,
        advantage=values,
        target=values,
    )
    expected = 3 * (8 * jnp.sum(obs) + 4 * jnp.sum(values))
    found = jax.jit(lambda key: gathering(run, key, batch))(jax.random.key(0))
    np.testing.assert_allclose(found, expected, rtol=1e-4)

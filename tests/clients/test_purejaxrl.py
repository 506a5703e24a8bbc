"""PureJaxRL: its ppo.py takes a name, and unpacks five values."""

import sys

import gymnax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from futures_env import LegacyStepEnv
from tests.clients.absent import client

NUM_ENVS, NUM_STEPS = 4, 16
CONFIG = {
    "LR": 2.5e-4, "NUM_ENVS": NUM_ENVS, "NUM_STEPS": NUM_STEPS, "TOTAL_TIMESTEPS": 256,
    "UPDATE_EPOCHS": 1, "NUM_MINIBATCHES": 2, "GAMMA": 0.99, "GAE_LAMBDA": 0.95, "CLIP_EPS": 0.2,
    "ENT_COEF": 0.01, "VF_COEF": 0.5, "MAX_GRAD_NORM": 0.5, "ACTIVATION": "tanh",
    "ENV_NAME": "FuturesNQ-Phase1-FiveValues", "ANNEAL_LR": True, "DEBUG": False,
}  # fmt: skip


@client("purejaxrl", "brax")
def test_its_ppo_trains_with_the_name_changed_and_nothing_else():
    from purejaxrl.ppo import make_train

    out = jax.jit(make_train(dict(CONFIG)))(jax.random.PRNGKey(0))
    assert out["metrics"]["returned_episode"].shape == (4, NUM_STEPS, NUM_ENVS)
    assert int(out["runner_state"][0].step) == 8
    assert "purejaxrl.ppo" in sys.modules


@pytest.mark.parametrize("kept", [False, True])
def test_a_loop_that_stacks_info(kept):
    """Its calls: five values under vmap in a scan that returns ``info`` of every step."""
    env, params = gymnax.make(CONFIG["ENV_NAME"], final_observation=kept)
    params = params.replace(max_steps_in_episode=jnp.int32(5))
    keys = jax.random.split(jax.random.key(0), NUM_ENVS)
    obs, state = jax.vmap(env.reset, in_axes=(0, None))(keys, params)

    def step(carry, _):
        state, key = carry
        key, own = jax.random.split(key)
        keys, action = jax.random.split(own, NUM_ENVS), jnp.zeros(NUM_ENVS, jnp.int32)
        batched = jax.vmap(env.step, in_axes=(0, 0, 0, None))
        obs, state, reward, done, info = batched(keys, state, action, params)
        return (state, key), (obs, reward, done, info)

    run = jax.jit(lambda carry: jax.lax.scan(step, carry, None, NUM_STEPS))
    _, (obs, reward, done, info) = run((state, jax.random.key(1)))
    assert obs.shape == (NUM_STEPS, NUM_ENVS, 225)
    assert reward.shape == (NUM_STEPS, NUM_ENVS)
    np.testing.assert_array_equal(np.flatnonzero(done[:, 0]), [4, 9, 14])
    bytes_a_step = sum(leaf.nbytes for leaf in jax.tree.leaves(info)) / done.size
    assert ("final_observation" in info) == kept
    assert (bytes_a_step > 900) == kept
    assert (bytes_a_step < 200) == (not kept)


def test_five_value_ids_differ_from_the_others_and_by_what_they_keep():
    bare, _ = gymnax.make(CONFIG["ENV_NAME"])
    full, _ = gymnax.make(CONFIG["ENV_NAME"], final_observation=True)
    assert isinstance(bare, LegacyStepEnv)
    assert bare != full
    assert bare == gymnax.make(CONFIG["ENV_NAME"])[0]
    assert len({hash(bare), hash(full)}) == 2

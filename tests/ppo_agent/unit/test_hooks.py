"""Hooks that shape where training starts: the resting action and the ages of the columns."""

from typing import Any

import gymnax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from futures_env import synthetic_market
from futures_env.env import FuturesEnv
from ppo_agent import environment
from ppo_agent.algorithm.init_state import make_members, make_state
from ppo_agent.algorithm.normalization import recency_weights
from ppo_agent.algorithm.run_description import RunDescription, flatten_axes
from ppo_agent.policy import Policy
from ppo_agent.types import TrainState
from tests.ppo_agent.conftest import small_config
from tests.ppo_agent.corridor import Corridor, CorridorParams


def first_state(env: Any, params: Any, **changed: Any) -> tuple[TrainState, Policy]:
    config = small_config(**changed)
    axes = flatten_axes(params, None)
    run = RunDescription(env=env, config=config.static_part(), param_axes=axes)
    hyper, key, _ = make_members(config, None)
    state = make_state(run, params, hyper, key, None)
    return state, Policy.from_train_state(state, config)


@pytest.mark.parametrize("logit", [0.0, 3.0])
def test_training_starts_from_the_prior(logit: float) -> None:
    _, policy = first_state(Corridor(rich=True), CorridorParams(), resting_logit=logit)
    mask = jnp.array([True, False, True, True])
    obs = jnp.array([[0.0, -2.0, 3.0], [4.0, 1.0, 3.0]])
    prior = np.array([1.0, 0.0, 1.0, np.exp(logit)])
    found = jax.nn.softmax(policy.logits(obs, mask))
    np.testing.assert_allclose(found, [prior / prior.sum()] * 2, atol=0.02)
    assert (np.asarray(found[:, 1]) == 0.0).all()


def test_environments_without_hooks_start_uniform_and_unweighted() -> None:
    env, params = gymnax.make("CartPole-v1")
    state, policy = first_state(env, params, resting_logit=3.0, recency_half_life=1.0)
    found = jax.nn.softmax(policy.logits(jnp.zeros(4)))
    np.testing.assert_allclose(found, [0.5, 0.5], atol=0.02)
    np.testing.assert_array_equal(state.learned.input_weights, np.ones(4))


def test_weights_halve_with_the_age_of_a_column() -> None:
    ages = jnp.array([0.0, 2.0, 4.0, 5.0])
    found = recency_weights(ages, jnp.float32(2.0))
    np.testing.assert_allclose(found, [1.0, 0.5, 0.25, 0.5**2.5], rtol=1e-6)
    np.testing.assert_array_equal(recency_weights(ages, jnp.float32(0.0)), np.ones(4))


def test_columns_of_the_market_are_as_old_as_their_bar() -> None:
    market = synthetic_market(sessions=5, window=3)
    env = FuturesEnv(2, market=market, window=3, market_block=True)
    named = dict(zip(env.observation_layout, env.observation_ages, strict=True))
    for name, age in named.items():
        block = name.split("/")[0]
        assert age == (int(block.removeprefix("bar-")) if block.startswith("bar-") else 0)
    assert {named["bar-2/return"], named["bar-0/volume"], named["market_0"]} == {2, 0}
    assert env.resting_action == "HOLD"
    resting = environment.resting_action(env)
    assert [env.action_names[i] for i in np.flatnonzero(resting)] == ["HOLD"]


def test_hooks_that_do_not_fit_are_named() -> None:
    env = Corridor()
    env.resting_action = "WAIT"
    with pytest.raises(ValueError, match="resting_action is 'WAIT', the actions are LEFT, RIGHT"):
        environment.resting_action(env)
    for ages in ((1,), (0, -1)):
        env.observation_ages = ages
        with pytest.raises(ValueError, match="observation_ages needs 2 numbers of at least 0"):
            environment.observation_ages(env, 2)

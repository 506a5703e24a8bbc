"""What changes with progress, in optimizer steps or updates; parameters logged as charged."""

import os
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ppo_agent.algorithm import schedules
from ppo_agent.algorithm.init_state import make_hyper
from tests.ppo_agent.conftest import small_config
from tests.ppo_agent.corridor import CorridorParams


def test_learning_rate_is_linear_in_optimizer_steps() -> None:
    hyper = make_hyper(small_config(learning_rate=3e-4, learning_rate_final=1e-4))
    steps = jnp.array([0, 24, 48, 1000])
    found = jax.vmap(lambda s: schedules.learning_rate(hyper, s, 4))(steps)
    np.testing.assert_allclose(found, [3e-4, 2e-4, 1e-4, 1e-4], rtol=1e-6)


def test_progress_of_the_first_and_last_update() -> None:
    total = jnp.int32(610)
    assert float(schedules.progress_of(jnp.int32(0), total)) == 0.0
    np.testing.assert_allclose(schedules.progress_of(jnp.int32(609), total), 609 / 610)


def test_entropy_coefficient_falls_by_its_decay() -> None:
    hyper = make_hyper(small_config(ent_coef=0.05, ent_coef_decay=0.8))
    progress = jnp.array([0.0, 0.5, 1.0])
    found = jax.vmap(lambda p: schedules.scheduled_hyper(hyper, p).ent_coef)(progress)
    np.testing.assert_allclose(found, [0.05, 0.03, 0.01], rtol=1e-6)
    constant = make_hyper(small_config(ent_coef=0.05, ent_coef_decay=0.0))
    at_the_end = schedules.scheduled_hyper(constant, jnp.float32(1.0))
    assert float(at_the_end.ent_coef) == np.float32(0.05)


def test_the_prior_rests_more_by_its_growth() -> None:
    hyper = make_hyper(small_config(resting_logit=2.0, resting_logit_growth=1.5))
    progress = jnp.array([0.0, 0.5, 1.0])
    found = jax.vmap(lambda p: schedules.scheduled_hyper(hyper, p).resting_logit)(progress)
    np.testing.assert_allclose(found, [2.0, 3.5, 5.0], rtol=1e-6)
    assert hyper.gamma == schedules.scheduled_hyper(hyper, jnp.float32(0.5)).gamma


def test_floor_is_the_larger_of_schedule_and_setting() -> None:
    hyper = make_hyper(small_config(action_floor=0.02))
    assert float(schedules.action_floor(hyper, None, jnp.float32(0.5))) == np.float32(0.02)
    assert float(schedules.action_floor(hyper, lambda p: 0.1 * p, jnp.float32(0.5))) > 0.049
    assert float(schedules.action_floor(hyper, lambda p: 0.0 * p, jnp.float32(0.5))) > 0.019


def test_scheduled_params_keep_shape_and_dtype_and_are_reported() -> None:
    params = CorridorParams(goal_reward=jnp.ones(4), max_steps_in_episode=6)

    def schedule(old: CorridorParams, progress: jax.Array) -> CorridorParams:
        return replace(old, goal_reward=2.0 * progress, max_steps_in_episode=7)

    new, applied = schedules.scheduled_params(schedule, params, jnp.float32(0.25))
    assert new.goal_reward.shape == (4,)
    assert jnp.asarray(new.max_steps_in_episode).dtype == jnp.int32
    assert {name: float(value) for name, value in applied.items()} == {
        "param/goal_reward": 0.5,
        "param/max_steps_in_episode": 7.0,
    }


def test_equal_schedules_hash_equal_and_unhashable_ones_work() -> None:
    class Curriculum:
        __hash__ = None  # type: ignore[assignment]

        def __call__(self, params: object, progress: object) -> object:
            return params

    one = Curriculum()
    assert hash(schedules.hashable(one)) == hash(schedules.hashable(one))
    assert schedules.hashable(one) == schedules.hashable(one)
    assert schedules.hashable(None) is None


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        (os.path.join, "cannot be applied to CorridorParams: TypeError: .*takes .env_params, prog"),
        (lambda params, progress: replace(params, gaol=1.0), "gaol"),
        (lambda params, progress: None, "cannot be applied"),
        (lambda params, progress: replace(params, goal_reward=float(progress)), "Concret"),
    ],
)
def test_schedules_that_cannot_be_applied_are_explained(schedule: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        schedules.check_schedule(schedule, CorridorParams())


def test_a_schedule_that_fits_passes_the_check() -> None:
    schedules.check_schedule(
        lambda params, progress: replace(params, goal_reward=progress), CorridorParams()
    )

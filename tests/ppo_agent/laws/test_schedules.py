"""Learning rate, progress, action floor and scheduled parameters, for any settings."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ppo_agent.algorithm import schedules
from ppo_agent.algorithm.init_state import make_hyper
from tests.conftest import many_examples
from tests.ppo_agent.conftest import small_config

rates = st.floats(0.0, 1.0, width=32, allow_subnormal=False)
floors = st.floats(0.0, 0.5, width=32, allow_subnormal=False)
HYPER = make_hyper(small_config())
learning_rate = jax.jit(schedules.learning_rate)
progress_of = jax.jit(schedules.progress_of)


def hyper_of(first: float, last: float, num_updates: int) -> Any:
    return replace(
        HYPER,
        learning_rate=jnp.float32(first),
        learning_rate_final=jnp.float32(last),
        num_updates=jnp.int32(num_updates),
    )


@many_examples
@given(
    first=rates,
    last=rates,
    num_updates=st.integers(1, 10_000),
    per_update=st.integers(1, 200),
    share=st.floats(0.0, 2.0),
)
def test_the_learning_rate_is_the_line_between_its_ends(
    first: float, last: float, num_updates: int, per_update: int, share: float
) -> None:
    """In optimizer steps; the last value holds after the end."""
    total = num_updates * per_update
    step = int(share * total)
    hyper = hyper_of(first, last, num_updates)
    expected = first + min(step / total, 1.0) * (last - first)
    found = float(learning_rate(hyper, jnp.int32(step), per_update))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-7)
    low, high = sorted((first, last))
    assert low - 1e-7 <= found <= high + 1e-7
    np.testing.assert_array_equal(learning_rate(hyper, jnp.int32(0), per_update), np.float32(first))


@many_examples
@given(num_updates=st.integers(1, 2**24), data=st.data())
def test_progress_grows_from_0_and_stays_below_1(num_updates: int, data: st.DataObject) -> None:
    update = data.draw(st.integers(0, num_updates - 1))
    found = float(progress_of(jnp.int32(update), jnp.int32(num_updates)))
    assert 0.0 <= found < 1.0
    np.testing.assert_allclose(found, update / num_updates, rtol=1e-6)
    assert update == 0 or found > float(progress_of(jnp.int32(update - 1), jnp.int32(num_updates)))


@many_examples
@given(setting=floors, scheduled=floors, progress=st.floats(0.0, 1.0))
def test_the_floor_is_the_larger_of_setting_and_schedule(
    setting: float, scheduled: float, progress: float
) -> None:
    hyper = replace(HYPER, action_floor=jnp.float32(setting))
    found = schedules.action_floor(hyper, lambda p: jnp.float32(scheduled), jnp.float32(progress))
    assert float(found) == max(setting, scheduled)
    assert float(schedules.action_floor(hyper, None, jnp.float32(progress))) == setting


leaves = st.builds(
    lambda value, dtype, shape: jnp.full(shape, value, dtype),
    st.integers(0, 100),
    st.sampled_from([jnp.float32, jnp.int32, jnp.bool_]),
    st.sampled_from([(), (3,), (2, 3)]),
)


@many_examples
@given(
    params=st.dictionaries(st.sampled_from("abcdef"), leaves, min_size=1),
    replaced=st.sets(st.sampled_from("abcdef")),
    value=st.floats(0.0, 50.0, width=32),
)
def test_only_what_a_schedule_replaces_changes_and_shapes_and_dtypes_stay(
    params: dict[str, Any], replaced: set[str], value: float
) -> None:
    """What is logged is the mean of what is charged, after the cast to the leaf's dtype."""

    def schedule(old: dict[str, Any], progress: jax.Array) -> dict[str, Any]:
        return old | {name: value + progress for name in replaced & set(old)}

    new, applied = schedules.scheduled_params(schedule, params, jnp.float32(0.25))
    assert set(applied) == {f"param/{name}" for name in replaced & set(params)}
    for name, old in params.items():
        assert (new[name].shape, new[name].dtype) == (old.shape, old.dtype)
        if name in replaced:
            charged = np.asarray(new[name])
            wanted = np.float32(value) + np.float32(0.25)
            np.testing.assert_array_equal(charged, np.full(old.shape, wanted).astype(old.dtype))
            np.testing.assert_allclose(applied[f"param/{name}"], charged.mean(), rtol=1e-6)
        else:
            assert new[name] is old

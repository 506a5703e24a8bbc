"""Trees packed into words come back as they were, in a trace and on the host."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from futures_env import GymnasiumEnv
from futures_env.adapters.packing import pack, pack_params

TREE = {
    "whole": jnp.int32(-7),
    "real": jnp.float32(-0.1),
    "flag": jnp.bool_(True),
    "row": jnp.array([0.5, -0.0, 3e38], jnp.float32),
    "mask": jnp.array([[True, False], [False, True]]),
    "small": jnp.int8(-3),
}


def assert_same(one, other):
    for mine, theirs in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
        assert mine.dtype == theirs.dtype
        np.testing.assert_array_equal(mine, theirs)


def test_a_tree_comes_back():
    packed = pack(TREE)
    assert packed.words.shape == (1 + 1 + 1 + 3 + 4 + 1,)
    assert_same(packed.unpack(), TREE)
    values = packed.values()
    assert (values["whole"], values["flag"], values["small"]) == (-7, True, -3)
    assert [type(values[name]) for name in ("whole", "real", "flag")] == [int, float, bool]
    assert np.float32(values["real"]) == np.float32(-0.1)
    assert_same([values[name] for name in ("row", "mask")], [TREE["row"], TREE["mask"]])
    assert values["row"].flags.writeable


def test_a_batch_comes_back():
    batch = jax.tree.map(lambda leaf: jnp.stack([leaf, leaf[::-1] if leaf.ndim else leaf]), TREE)
    assert_same(pack(batch, batch_axes=1).unpack(), batch)
    numbers = {name: batch[name] for name in ("flag", "real", "whole")}
    assert_same(pack(numbers, batch_axes=1).arrays(), numbers)


def test_what_does_not_fit_a_word_is_refused():
    with pytest.raises(TypeError, match="a bfloat16 does not fit a word of 32 bits"):
        pack(jnp.bfloat16(1))


def test_parameters_pass_as_few_arrays(phase2_env):
    params = phase2_env.default_params
    packed = pack_params(params)
    assert len(jax.tree.leaves(packed)) < 10
    assert_same(packed.unpack(), params)


def test_parameters_may_be_python_numbers(phase2_env):
    params = phase2_env.default_params
    both = [
        GymnasiumEnv(phase2_env, replace(params, commission_usd=cost, max_steps_in_episode=steps))
        for cost, steps in ((50, 3), (jnp.float32(50), jnp.int32(3)))
    ]
    for env in both:
        env.reset(seed=1)
    for action in (1, 0, 0):
        one, other = (env.step(action) for env in both)
        np.testing.assert_array_equal(one[0], other[0])
        assert one[1:4] == other[1:4]
    assert one[3]

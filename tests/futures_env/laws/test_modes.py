"""jit, vmap, scan and a Python loop give the same bits; new data and parameters never retrace."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from futures_env import EnvParams
from tests.futures_env.laws.playing import (
    Played,
    env_of,
    inputs,
    params_at,
    params_table,
    play,
    play_lane,
    play_step,
)
from tests.futures_env.laws.worlds import random_world

FEW_LANES, FEW_STEPS = 2, 24


def _assert_same(one: Played, other: Played) -> None:
    for (path, leaf), found in zip(
        jax.tree_util.tree_leaves_with_path(one), jax.tree.leaves(other), strict=True
    ):
        np.testing.assert_array_equal(leaf, found, err_msg=jax.tree_util.keystr(path))


@pytest.mark.parametrize("phase", [1, 2])
def test_python_loop_of_jitted_steps_is_the_vmapped_scan(phase: int) -> None:
    world, env = random_world(1), env_of(phase)
    table, given, played = params_table(env, world), inputs(world), play(phase, world)
    step = jax.jit(partial(play_step, env, table))
    for lane in range(FEW_LANES):
        carry = (env.state_at(0, params_at(table, jnp.int32(0))), jnp.bool_(True))
        for i in range(FEW_STEPS):
            carry, looped = step(carry, jax.tree.map(lambda leaf: leaf[lane, i], given))  # noqa: B023
            _assert_same(looped, jax.tree.map(lambda leaf: leaf[lane, i], played))  # noqa: B023


@pytest.mark.parametrize("phase", [1, 2])
def test_scan_without_vmap_is_the_vmapped_scan(phase: int) -> None:
    world, env = random_world(2), env_of(phase)
    table, given, played = params_table(env, world), inputs(world), play(phase, world)
    lane = jax.jit(partial(play_lane, env))(table, jax.tree.map(lambda leaf: leaf[0], given))
    _assert_same(lane, jax.tree.map(lambda leaf: leaf[0], played))


def test_unjitted_steps_are_the_jitted_ones() -> None:
    world, env = random_world(3), env_of(2)
    table, given, played = params_table(env, world), inputs(world), play(2, world)
    carry = (env.state_at(0, params_at(table, jnp.int32(0))), jnp.bool_(True))
    for i in range(3):
        carry, looped = play_step(env, table, carry, jax.tree.map(lambda leaf: leaf[0, i], given))  # noqa: B023
        _assert_same(looped, jax.tree.map(lambda leaf: leaf[0, i], played))  # noqa: B023


@pytest.mark.parametrize("phase", [1, 2])
def test_64_bit_mode_changes_no_bit_and_no_type(phase: int) -> None:
    world, played = random_world(4), play(phase, random_world(4))
    with jax.enable_x64(True):
        wide = play(phase, world)
    _assert_same(wide, played)
    assert jax.tree.map(lambda leaf: leaf.dtype, wide) == jax.tree.map(
        lambda leaf: leaf.dtype, played
    )


def test_one_trace_for_all_markets_and_parameters() -> None:
    env, traces = env_of(2), []

    @jax.jit
    def step(table: EnvParams, given: dict[str, jax.Array]) -> Any:
        traces.append(1)
        carry = (env.state_at(0, params_at(table, jnp.int32(0))), jnp.bool_(True))
        return play_step(env, table, carry, given)

    for seed in range(3):
        world = random_world(seed)
        given = jax.tree.map(lambda leaf: leaf[seed, seed], inputs(world))  # noqa: B023
        step(params_table(env, world), given)
    assert len(traces) == 1

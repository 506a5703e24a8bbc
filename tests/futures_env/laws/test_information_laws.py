"""No look-ahead; long and short mirror each other; Phase 2 without management is Phase 1."""

from dataclasses import replace
from functools import partial

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from futures_env import Action, EnvParams, EnvState, FuturesEnv
from tests.futures_env.laws.playing import Played, env_of, inputs, params_at, params_table, play
from tests.futures_env.laws.worlds import LANES, ROWS, STEPS, WINDOW, World, random_world

SEEDS = st.integers(0, 2**31 - 1)
CUTS = st.integers(STEPS // 2 + WINDOW, ROWS - 2)
phases = pytest.mark.parametrize("phase", [1, 2])

MIRROR = 37

# What the clock and the contract say of the future stays: session, bars_to_flat, entry_ok, segment
PRICES = ("open", "high", "low", "close", "extreme_order")
NOISY = (*PRICES, "atr", "volume", "features", "session_last", "date", "minute")


@phases
@given(seed=SEEDS, cut=CUTS)
def test_no_look_ahead(phase: int, seed: int, cut: int) -> None:
    world = _scripted(random_world(seed), phase, cut)
    told = _flat(play(phase, world))
    retold = _flat(play(phase, _with_noise_after(world, cut, NOISY)))
    known = np.logical_and.accumulate(told["after/row"] <= cut, axis=1)
    assert known.sum() > LANES
    for name, leaf in told.items():
        np.testing.assert_array_equal(leaf[known], retold[name][known], err_msg=name)
    first_noise = ~known & (told["before/row"] == cut)
    if first_noise.any():  # no episode steps over the cut where a segment ends there
        assert (told["following"][first_noise] != retold["following"][first_noise]).any()


@phases
@given(seed=SEEDS, cut=CUTS)
def test_orders_see_nothing_of_the_bar_they_meet_but_its_prices(
    phase: int, seed: int, cut: int
) -> None:
    world = _scripted(random_world(seed), phase, cut)
    other = _with_noise_after(world, cut, ("atr", "volume", "features", "date", "minute"))
    other.leaves["date"][cut + 1] = world.leaves["date"][cut + 1]
    told, retold = _flat(play(phase, world)), _flat(play(phase, other))
    known = np.logical_and.accumulate(told["after/row"] <= cut + 1, axis=1)
    assert (known & (told["after/row"] == cut + 1)).any()
    for name in [name for name in told if name.startswith(("after/", "info/", "reward"))]:
        np.testing.assert_array_equal(told[name][known], retold[name][known], err_msg=name)


@phases
@given(seed=SEEDS)
def test_the_window_is_the_bars_up_to_the_present_one_oldest_first(phase: int, seed: int) -> None:
    world = random_world(seed)
    played = play(phase, world)
    rows = played["before"]["row"][..., None] + np.arange(1 - WINDOW, 1)
    window = world.leaves["features"][rows].reshape(*rows.shape[:2], -1)
    np.testing.assert_array_equal(played["observed"][..., :WINDOW], window)


@phases
@given(seed=SEEDS)
def test_the_end_of_a_session_is_not_observed_before_it_comes(phase: int, seed: int) -> None:
    world, env = random_world(seed), env_of(phase)
    played = play(phase, world)
    table = params_table(env, world)
    market = table.market.with_columns(session_last=~np.asarray(table.market.session_last))
    flipped = replace(table, market=market)
    index = inputs(world)["params"].reshape(-1)
    states = {name: leaf.reshape(-1) for name, leaf in played["before"].items()}
    seen, mask = _observe_all(env, flipped, index, states)
    np.testing.assert_array_equal(seen, played["observed"].reshape(seen.shape))
    np.testing.assert_array_equal(mask, played["mask"].reshape(mask.shape))


@phases
@given(seed=SEEDS)
def test_long_and_short_mirror_each_other(phase: int, seed: int) -> None:
    world = random_world(seed)
    played = play(phase, world)
    told, retold = _flat(played), _flat(play(phase, _mirrored(world, played["action"])))
    same = {"mask", "reward", "terminated", "truncated"}
    same |= {name for name in told if name.startswith("info/")}
    sides = {"after/side", "info/trade_side"}
    for name in same - sides - {"info/exit_price", "info/fill_price", "info/stop_price"}:
        np.testing.assert_array_equal(told[name], retold[name], err_msg=name)
    for name in sides:
        np.testing.assert_array_equal(told[name], -retold[name], err_msg=name)
    for event, price in (("trade_closed", "exit_price"), ("entry_filled", "fill_price")):
        happened = told[f"info/{event}"]
        assert happened.any()
        total = (told[f"info/{price}"] + retold[f"info/{price}"])[happened]
        np.testing.assert_array_equal(total, MIRROR)
    held = told["info/stop_price"] != 0  # 0 is no position, or a price that the walk does not reach
    total = (told["info/stop_price"] + retold["info/stop_price"])[held]
    np.testing.assert_array_equal(total, MIRROR)


@given(seed=SEEDS)
def test_phase_2_without_management_is_phase_1(seed: int) -> None:
    world = random_world(seed)
    first = _flat(play(1, world))
    second = _flat(play(2, replace(world, actions=first["action"])))
    columns = {name: first[name].shape[-1] for name in ("observed", "following", "mask")}
    for name, leaf in first.items():
        shared = second[name][..., : columns[name]] if name in columns else second[name]
        np.testing.assert_array_equal(leaf, shared, err_msg=name)


def _flat(played: Played) -> dict[str, np.ndarray]:
    paths, _ = jax.tree_util.tree_flatten_with_path(played)
    return {jax.tree_util.keystr(path, simple=True, separator="/"): leaf for path, leaf in paths}


def _scripted(world: World, phase: int, cut: int) -> World:
    """Actions fixed beforehand, legal or not, and first episodes that begin shortly before cut."""
    program, num_actions = world.program, env_of(phase).num_actions
    rows = program.restart_row.copy()
    rows[:, 0] = cut - 1 - np.arange(LANES) % (STEPS // 2)
    actions = (program.luck[..., 1] * num_actions).astype(np.int32)
    return replace(world, program=replace(program, restart_row=rows), actions=actions)


def _with_noise_after(world: World, cut: int, names: tuple[str, ...]) -> World:
    """The named leaves behind the row ``cut`` replaced by another market's."""
    noise = random_world(int(world.leaves["close"].sum()) % 2**31).leaves
    leaves = dict(world.leaves)
    for name in names:
        leaves[name] = np.concatenate([leaves[name][: cut + 1], noise[name][cut + 1 :]])
    return replace(world, leaves=leaves)


def _mirrored(world: World, actions: np.ndarray) -> World:
    """Prices upside down, BUY and SELL swapped."""
    leaves, swapped_order = world.leaves, np.array([0, 2, 1], np.int8)
    mirror = {
        "open": MIRROR - leaves["open"],
        "high": MIRROR - leaves["low"],
        "low": MIRROR - leaves["high"],
        "close": MIRROR - leaves["close"],
        "extreme_order": swapped_order[leaves["extreme_order"]],
    }
    swapped_action = np.array([Action.HOLD, Action.SELL, Action.BUY, 3, 4, 5], np.int32)
    forced = world.program.forced * np.array([-1, 1, 1], np.int32)
    return World(
        leaves=leaves | mirror,
        program=replace(world.program, forced=forced),
        actions=swapped_action[actions],
    )


@partial(jax.jit, static_argnums=0)
def _observe_all(
    env: FuturesEnv, table: EnvParams, index: jax.Array, states: dict[str, jax.Array]
) -> tuple[jax.Array, jax.Array]:
    def one(index: jax.Array, state: dict[str, jax.Array]) -> tuple[jax.Array, jax.Array]:
        params, at = params_at(table, index), EnvState(**state)
        return env.observe(jax.random.key(0), at, None, params), env.action_mask(at, params)

    return jax.vmap(one)(index, states)

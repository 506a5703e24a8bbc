"""Bonuses steer a learner and stand in nothing else, and no trade earns more than three of them."""

from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from futures_env.codes import Action
from futures_env.core.metrics import step_metrics
from tests.futures_env.laws.playing import Played, play
from tests.futures_env.laws.worlds import LANES, STEPS, World, random_world

SEEDS = st.integers(0, 2**31 - 1)
BONUSES = {"entry_bonus": 400.0, "management_bonus": 600.0, "win_bonus": 3.0, "target_bonus": 2.0}
MANAGING = (Action.STOP_TO_BREAK_EVEN, Action.TRAIL_ON, Action.TRAIL_OFF)
BONUS_UNIT_USD = 100.0


def with_params(world: World, changed: dict[str, Any]) -> World:
    """The same world with parameters changed in every set."""
    params = [{**one, **changed} for one in world.program.params]
    return replace(world, program=replace(world.program, params=params))


def reported(played: Played) -> dict[str, np.ndarray]:
    """All that is reported of the steps, the reward left out."""
    info = {name: leaf for name, leaf in played["info"].items() if name != "reward_terms"}
    metrics = step_metrics(played["info"])
    counted = {name: leaf for name, leaf in metrics.items() if not name.startswith("reward_")}
    return info | played["after"] | jax.device_get(counted) | {"mask": played["mask"]}


@pytest.mark.parametrize("phase", [1, 2])
@given(seed=SEEDS)
def test_every_reported_figure_is_the_same_with_and_without_bonuses(phase: int, seed: int) -> None:
    world = random_world(seed)
    off = play(phase, with_params(world, dict.fromkeys(BONUSES, 0.0)))
    recorded = replace(world, actions=off["action"].astype(np.int32))
    on = play(phase, with_params(recorded, BONUSES))
    assert (on["reward"] > off["reward"]).any()
    for name, leaf in reported(off).items():
        np.testing.assert_array_equal(reported(on)[name], leaf, err_msg=name)


@given(seed=SEEDS)
def test_a_trade_earns_each_management_bonus_once(seed: int) -> None:
    """However often a policy switches: at most three bonuses between entry and exit."""
    world = with_params(random_world(seed), BONUSES)
    often = np.random.default_rng(seed).choice(MANAGING, (LANES, STEPS))
    enters = np.arange(STEPS) % 8 == 0
    world = replace(world, actions=np.where(enters, Action.BUY, often).astype(np.int32))
    played = play(2, world)
    paid = played["info"]["reward_terms"]["management_bonus"] * BONUS_UNIT_USD
    held = (played["before"]["side"] != 0) | played["info"]["entry_filled"]
    assert not paid[~held].any(), "nothing is paid without a position"
    earned, most = np.zeros(LANES), 0.0
    for step in range(STEPS):
        begins = played["begins"][:, step] | played["info"]["entry_filled"][:, step]
        earned = np.where(begins, 0.0, earned) + paid[:, step]
        most = max(most, earned.max())
    assert most <= len(MANAGING) * BONUSES["management_bonus"]
    assert most >= 2 * BONUSES["management_bonus"]

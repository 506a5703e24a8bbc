"""Cash is conserved, floors never fall, stops never loosen, nothing is open overnight."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from futures_env.codes import Action
from tests.futures_env.laws.playing import (
    Played,
    env_of,
    inputs,
    params_table,
    play,
    try_every_action,
)
from tests.futures_env.laws.worlds import LANES, STEPS, World, random_world
from tests.futures_env.reference.rules import Rules

SEEDS = st.integers(0, 2**31 - 1)
phases = pytest.mark.parametrize("phase", [1, 2])


@phases
@given(seed=SEEDS)
def test_balance_is_start_plus_trades(phase: int, seed: int) -> None:
    played = play(phase, random_world(seed))
    pnl = played["info"]["trade_pnl_cents"]
    earned, start = np.zeros(LANES, int), np.zeros(LANES, int)
    for step in range(STEPS):
        begins = played["begins"][:, step]
        start = np.where(begins, played["before"]["equity_cents"][:, step], start)
        earned = np.where(begins, 0, earned) + pnl[:, step]
        after = {name: leaf[:, step] for name, leaf in played["after"].items()}
        owed = after["entry_commission_cents"] + after["carried_pnl_cents"]
        np.testing.assert_array_equal(after["balance_cents"], start + earned - owed)
    assert played["info"]["trade_closed"].any()


@phases
@given(seed=SEEDS)
def test_fees_are_two_sides_per_trade(phase: int, seed: int) -> None:
    world = random_world(seed, with_forced=False, steady=True)
    played = play(phase, world)
    info, before = played["info"], played["before"]
    trades = list(zip(*np.nonzero(info["trade_closed"]), strict=True))
    assert trades
    for lane, step in trades:
        rules = _rules(world, lane, step, before)
        fill_step = step - np.argmax(info["entry_filled"][lane, step::-1])
        side = 1 if played["action"][lane, fill_step] == Action.BUY else -1
        move = int(info["exit_price"][lane, step]) - int(info["fill_price"][lane, fill_step])
        tier = int(before["tier"][lane, fill_step])
        contracts = min(rules.contracts, rules.max_contracts(tier))
        gross = move * side * contracts * rules.tick_value
        fees = 2 * contracts * rules.commission
        assert info["trade_pnl_cents"][lane, step] == gross - fees
        assert info["trade_side"][lane, step] == side
        assert info["fees_cents"][lane, fill_step : step + 1].sum() == fees


@phases
@given(seed=SEEDS)
def test_cash_moves_by_trades_and_fees_alone(phase: int, seed: int) -> None:
    """What is charged is what the info says, forced trades included."""
    played = play(phase, random_world(seed))
    info, before, after = played["info"], played["before"], played["after"]
    moved = after["balance_cents"] - before["balance_cents"]
    entered, closed = info["entry_filled"], info["trade_closed"]
    assert (moved[~entered & ~closed] == 0).all()
    np.testing.assert_array_equal(moved[entered & ~closed], -info["fees_cents"][entered & ~closed])
    assert (info["fees_cents"][~entered & ~closed] == 0).all()
    given_up = np.where(before["forced"], before["carried_pnl_cents"], 0)
    whole = closed & ~entered
    sides = before["entry_commission_cents"] + given_up
    np.testing.assert_array_equal(moved[whole], (info["trade_pnl_cents"] + sides)[whole])
    assert (info["fees_cents"][closed] > 0).any()


@phases
@given(seed=SEEDS)
def test_an_episode_remembers_that_it_began_with_a_given_position(phase: int, seed: int) -> None:
    played = play(phase, random_world(seed))
    forced = played["info"]["forced_episode"]
    assert forced.any()
    began = np.zeros(LANES, bool)
    for step in range(STEPS):
        begins = played["begins"][:, step]
        began = np.where(begins, played["before"]["forced"][:, step], began)
        np.testing.assert_array_equal(forced[:, step], began)


@phases
@given(seed=SEEDS)
def test_floor_never_falls(phase: int, seed: int) -> None:
    played = play(phase, random_world(seed))
    assert (played["after"]["floor_cents"] >= played["before"]["floor_cents"]).all()
    assert (played["after"]["floor_cents"] > played["before"]["floor_cents"]).any()


@given(seed=SEEDS)
def test_stop_only_tightens(seed: int) -> None:
    played = play(2, random_world(seed))
    side, after = played["before"]["side"], played["after"]
    carried = (side != 0) & (after["side"] != 0)
    move = side * (after["stop_price"] - played["before"]["stop_price"])
    assert (move[carried] >= 0).all()
    assert (move[carried] > 0).any()


@phases
@given(seed=SEEDS)
def test_nothing_is_open_after_the_last_row_of_a_session(phase: int, seed: int) -> None:
    world = random_world(seed)
    after = play(phase, world)["after"]
    last = world.leaves["session_last"][after["row"]]
    assert last.any()
    assert (after["side"][last] == 0).all()
    assert (after["contracts"][last] == 0).all()


@phases
@given(seed=SEEDS)
def test_flat_leaves_no_trace_of_the_trade(phase: int, seed: int) -> None:
    after = play(phase, random_world(seed))["after"]
    flat = after["side"] == 0
    of_trade = ("contracts", "entry_price", "stop_price", "target_price", "initial_stop_ticks")
    flags = ("bars_held", "trailing", "break_even_moved", "forced", "entry_commission_cents")
    for name in (*of_trade, *flags, "carried_pnl_cents", "rewarded_management"):
        assert not after[name][flat].any(), name


@phases
@given(seed=SEEDS)
def test_everything_is_finite(phase: int, seed: int) -> None:
    played = play(phase, random_world(seed))
    for name in ("observed", "following", "reward"):
        assert np.isfinite(played[name]).all(), name
    for name, term in played["info"]["reward_terms"].items():
        assert np.isfinite(term).all(), name


@phases
@given(seed=SEEDS)
def test_mask_is_legality(phase: int, seed: int) -> None:
    world, env = random_world(seed), env_of(phase)
    played = play(phase, world)
    states = {name: leaf.reshape(-1) for name, leaf in played["before"].items()}
    index = inputs(world)["params"].reshape(-1)
    illegal, differs = try_every_action(env, params_table(env, world), index, states)
    mask = played["mask"].reshape(-1, env.num_actions)
    np.testing.assert_array_equal(np.asarray(illegal), ~mask)
    assert mask[:, Action.HOLD].all()
    assert not (np.asarray(differs) & ~mask).any()
    assert (np.asarray(differs) & mask).any(axis=0)[1:].all()


def _rules(world: World, lane: int, step: int, before: Played) -> Rules:
    params = world.program.params[world.program.params_index[lane, step]]
    market = int(world.leaves["market"][before["row"][lane, step]])
    return Rules(params, world.leaves, market)

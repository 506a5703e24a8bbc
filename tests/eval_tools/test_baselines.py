"""Baselines against plain NumPy and pandas on every bar, and their legality."""

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from eval_tools.policies.baselines import Baseline, baseline
from eval_tools.policies.controls import FixedBracket, gross_params
from eval_tools.policies.policy import Context, as_policy
from eval_tools.rollout.sessions import session_slices, session_table
from eval_tools.rollout.slices import run_slices
from futures_env import Action

ALL_LEGAL = jnp.ones(6, bool)


def _wishes(desk, kind: Baseline) -> np.ndarray:
    """What the rule wants on every bar of the sessions but the first, all actions legal."""
    state = desk.env.state_at(100, desk.params)
    policy = baseline(kind)

    def wish(row: jax.Array) -> jax.Array:
        context = Context(state.replace(row=row), desk.params)
        return policy(jnp.zeros(3), ALL_LEGAL, jax.random.key(0), context)

    rows = np.arange(int(session_table(desk.market)["first_row"][1]), desk.market.num_bars)
    return np.asarray(jax.jit(jax.vmap(wish))(jnp.asarray(rows)))


def _frame(desk) -> pd.DataFrame:
    market = desk.market
    names = ("high", "low", "close", "session")
    frame = pd.DataFrame({name: np.asarray(getattr(market, name)) for name in names})
    return frame[frame["session"] > 0]


def _codes(signal: pd.Series) -> np.ndarray:
    return signal.map({1: Action.BUY, -1: Action.SELL, 0: Action.HOLD}).to_numpy()


def test_opening_range_breakout(desk) -> None:
    def signal(day: pd.DataFrame) -> pd.Series:
        top, bottom = day["high"].iloc[:30].max(), day["low"].iloc[:30].min()
        close, before = day["close"], day["close"].shift(1)
        up = (close > top) & (before <= top)
        down = (close < bottom) & (before >= bottom)
        out = up.astype(int) - down.astype(int)
        out.iloc[:30] = 0
        return out

    wanted = pd.concat([signal(day) for _, day in _frame(desk).groupby("session")])
    found = _wishes(desk, Baseline.OPENING_RANGE_BREAKOUT)
    assert np.array_equal(found, _codes(wanted))
    assert {Action.BUY, Action.SELL} <= set(found)


def test_moving_average_cross(desk) -> None:
    def signal(day: pd.DataFrame) -> pd.Series:
        close = day["close"]
        lead = np.sign(close.rolling(5).sum() * 4 - close.rolling(20).sum())
        crossed = lead.where((lead != 0) & (lead != lead.shift(1)), 0).fillna(0).astype(int)
        crossed.iloc[:20] = 0
        return crossed

    wanted = pd.concat([signal(day) for _, day in _frame(desk).groupby("session")])
    found = _wishes(desk, Baseline.MOVING_AVERAGE_CROSS)
    assert np.array_equal(found, _codes(wanted))
    assert {Action.BUY, Action.SELL} <= set(found)


def test_always_wants_the_same(desk) -> None:
    assert set(_wishes(desk, Baseline.ALWAYS_FLAT)) == {Action.HOLD}
    assert set(_wishes(desk, Baseline.ALWAYS_LONG)) == {Action.BUY}
    assert set(_wishes(desk, Baseline.ALWAYS_SHORT)) == {Action.SELL}


def test_random_legal_draws_each_legal_action_equally_often(desk) -> None:
    state = desk.env.state_at(100, desk.params)
    mask = jnp.array([True, False, True, False, True, True])
    policy = baseline(Baseline.RANDOM_LEGAL)
    keys = jax.random.split(jax.random.key(1), 8_000)
    context = Context(state, desk.params)
    drawn = jax.vmap(lambda key: policy(jnp.zeros(3), mask, key, context))(keys)
    shares = np.bincount(np.asarray(drawn), minlength=6) / len(keys)
    assert shares[[1, 3]].tolist() == [0.0, 0.0]
    assert shares[[0, 2, 4, 5]] == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize("kind", list(Baseline))
def test_no_baseline_does_anything_illegal(desk, kind: Baseline) -> None:
    episodes = run_slices(desk.env, baseline(kind), desk.params, session_slices(desk.sessions))
    steps = pd.concat([episode.steps for episode in episodes])
    assert not steps["illegal_action"].any()
    assert steps["entry_filled"].any() == (kind != Baseline.ALWAYS_FLAT)


def test_fixed_bracket_keeps_entries_and_drops_management(desk) -> None:
    days = session_slices(desk.sessions)

    def eager(obs: jax.Array, mask: jax.Array, key: jax.Array, context: Context) -> jax.Array:
        """The highest legal code: it trails whenever it can, and sells when flat."""
        return 5 - jnp.argmax(mask[::-1])

    managed = run_slices(desk.env, as_policy(eager), desk.params, days)[0].steps
    fixed = run_slices(desk.env, FixedBracket(as_policy(eager)), desk.params, days)[0].steps
    assert (managed["action"] > Action.SELL).any()
    assert fixed["action"].max() == Action.SELL
    assert (
        fixed["row"][fixed["entry_filled"]].iloc[0]
        == managed["row"][managed["entry_filled"]].iloc[0]
    )


def test_gross_is_without_any_cost(desk) -> None:
    free = gross_params(desk.params)
    for name in ("commission_usd", "slippage_ticks", "stop_slippage_ticks", "target_through_ticks"):
        assert getattr(free, name) == 0
        assert getattr(free, name).dtype == getattr(desk.params, name).dtype
    days = session_slices(desk.sessions)
    steps = run_slices(desk.env, baseline(Baseline.ALWAYS_LONG), free, days)[0].steps
    opens = np.asarray(desk.market.open)
    entries = steps[steps["entry_filled"]]
    assert (entries["entry_price"] == opens[entries["row"]]).all()

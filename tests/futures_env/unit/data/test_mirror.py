"""The market in the mirror: equality law, own features, and the share of episodes that see it."""

from functools import partial

import gymnax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from futures_env import (
    ArgumentError,
    concat_markets,
    load_market,
    market_hash,
    save_market,
    session_dates,
    slice_market,
    synthetic_market,
    with_mirrored,
)
from futures_env.codes import Action
from futures_env.data.mirror import mirror_bars
from futures_env.data.synthetic.market import synthetic_bars, trading_days
from futures_env.market.info import SessionRule

ODD = {"return", "sma_5", "sma_20", "rsi", "macd", "momentum"}
"""Features that change their sign in the mirror."""


@pytest.fixture(scope="module")
def pair():
    return [synthetic_market(sessions=6, seed=3, mirror=mirror) for mirror in (False, True)]


def test_bars_are_upside_down_and_twice_is_once():
    bars = synthetic_bars("NQ", trading_days("NQ", 5, SessionRule())[:2], seed=1)
    turned = mirror_bars(bars)
    assert (turned.low <= np.minimum(turned.open, turned.close)).all()
    assert (turned.high >= np.maximum(turned.open, turned.close)).all()
    assert (turned.low.min(), turned.high.max()) == (bars.low.min(), bars.high.max())
    assert (np.diff(turned.close) == -np.diff(bars.close)).all()
    again = mirror_bars(turned)
    for name in ("open", "high", "low", "close", "extreme_order", "volume", "minute"):
        np.testing.assert_array_equal(getattr(again, name), getattr(bars, name))


def test_features_are_computed_from_the_mirrored_bars(pair):
    plain, turned = pair
    names = plain.feature_names
    assert set(names) >= ODD
    for column, name in enumerate(names):
        one, other = (np.asarray(m.padded_features)[: m.num_bars, column] for m in pair)
        np.testing.assert_allclose(other, -one if name in ODD else one, atol=1e-4, err_msg=name)
    np.testing.assert_allclose(plain.atr, turned.atr, rtol=1e-6)


@pytest.mark.parametrize("phase", [1, 2])
def test_a_buyer_earns_in_the_mirror_what_a_seller_earns(pair, phase):
    """Market rules 11, to the cent, on every bar."""
    env, params = gymnax.make(f"FuturesNQ-Phase{phase}", market=pair[0])
    actions = jax.random.randint(jax.random.key(5), (300,), 0, env.num_actions)
    swapped = jnp.array([Action.HOLD, Action.SELL, Action.BUY, 3, 4, 5])[actions]

    @jax.jit
    def play(params, actions):
        def step(state, action):
            _, state, _, _, _ = env.step_env(jax.random.key(0), state, action, params)
            return state, (state.balance_cents, state.equity_cents, state.side)

        start = params.replace(start_row=jnp.int32(40))
        _, state = env.reset(jax.random.key(0), start)
        return jax.lax.scan(step, state, actions)[1]

    told = play(params, actions)
    retold = play(params.replace(market=pair[1]), swapped)
    np.testing.assert_array_equal(told[0], retold[0])
    np.testing.assert_array_equal(told[1], retold[1])
    np.testing.assert_array_equal(told[2], -retold[2])
    assert np.abs(np.diff(told[0])).sum() > 0
    assert (np.asarray(told[2]) != 0).any()


@pytest.mark.parametrize("share", [0.2, 0.5, 1 / 3])
def test_the_share_of_episodes_begins_in_the_mirror(pair, share):
    plain, _ = pair
    both = with_mirrored(*pair, share)
    assert (both.num_markets, both.num_bars) == (1, 2 * plain.num_bars)
    segment = np.asarray(both.segment)
    assert segment[plain.num_bars] > segment[plain.num_bars - 1]
    drawn = np.asarray(both.starts)
    assert (drawn >= plain.num_bars).mean() == pytest.approx(share, abs=1e-9)
    assert set(drawn[drawn < plain.num_bars]) == set(np.asarray(plain.starts).tolist())
    env, params = gymnax.make("FuturesNQ-Phase1", market=both)
    keys = jax.random.split(jax.random.key(0), 4_000)
    _, states = jax.jit(jax.vmap(partial(env.reset), in_axes=(0, None)))(keys, params)
    seen = (np.asarray(states.row) >= plain.num_bars).mean()
    assert seen == pytest.approx(share, abs=4 * (share * (1 - share) / 4_000) ** 0.5)


def test_the_training_range_is_cut_before_and_the_costs_stay(pair):
    days = session_dates(pair[0]).astype(str)
    cut = [slice_market(market, days[1], days[3]) for market in pair]
    both = with_mirrored(*cut, 0.25)
    np.testing.assert_array_equal(session_dates(both).astype(str), days[1:4])
    own, joined = (gymnax.make("FuturesNQ-Phase1", market=market)[1] for market in (pair[0], both))
    for name in ("commission_usd", "slippage_ticks", "stop_slippage_ticks"):
        assert getattr(own, name) == getattr(joined, name)
    with pytest.raises(ValueError, match="make both from the same bars"):
        with_mirrored(cut[0], pair[1], 0.5)


def test_every_market_is_followed_by_its_own_image(pair):
    other = [synthetic_market("ES", sessions=5, seed=1, mirror=mirror) for mirror in (False, True)]
    joined = [concat_markets(list(parts)) for parts in zip(pair, other, strict=True)]
    both = with_mirrored(*joined, 0.25)
    alone = [with_mirrored(*parts, 0.25) for parts in (pair, other)]
    assert market_hash(both) == market_hash(concat_markets(alone))
    assert [info.symbol for info in both.infos] == ["NQ", "ES"]
    with pytest.raises(ValueError, match="make both from the same bars"):
        with_mirrored(joined[0], concat_markets([other[1], pair[1]]), 0.5)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_a_share_out_of_range_is_refused(pair, share):
    with pytest.raises(ArgumentError, match="must lie above 0 and below 1"):
        with_mirrored(*pair, share)


def test_a_saved_market_has_no_history_to_mirror(pair, tmp_path):
    saved = save_market(pair[0], tmp_path / "x.npz")
    with pytest.raises(
        ArgumentError, match="cannot be mirrored: features of the mirrored bars look back"
    ):
        load_market(saved, mirror=True)

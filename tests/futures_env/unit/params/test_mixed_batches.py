"""Two kinds of environments in one batch: long accounts under full rules beside short episodes."""

import gymnax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from futures_env import (
    account_rules,
    compliance_mix,
    filter_starts,
    filter_training,
    fit_threshold,
    synthetic_market,
)
from futures_env.codes import Action
from futures_env.types import SCALAR_FIELDS

NUM_ENVS = 10


@pytest.fixture(scope="module")
def made():
    market = synthetic_market(sessions=8, seed=2)
    return gymnax.make("FuturesNQ-Phase2", market=market)


def batch(made, share):
    env, params = made
    short = params.replace(max_steps_in_episode=jnp.int32(60), drawdown=jnp.float32(9_000.0))
    full = account_rules("apex-legacy-50k").apply(params)
    return env, short, full, *compliance_mix(short, full, NUM_ENVS, share, sessions=3)


@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
def test_the_share_has_the_full_rules_and_the_rest_its_own(made, share):
    _, short, full, mixed, axes = batch(made, share)
    long = round(share * NUM_ENVS)
    for name in SCALAR_FIELDS:
        value = np.broadcast_to(
            getattr(mixed, name),
            (NUM_ENVS, *np.shape(getattr(short, name))),
        ) if getattr(axes, name) is None else np.asarray(getattr(mixed, name))  # fmt: skip
        assert (value[long:] == np.asarray(getattr(short, name))).all(), name
        if name not in ("max_steps_in_episode", "start_row", "end_at_session_close"):
            assert (value[:long] == np.asarray(getattr(full, name))).all(), name
    assert axes.drawdown == 0
    assert axes.commission_usd is None


def test_long_episodes_go_on_over_sessions_without_a_gap(made):
    """Doing nothing ends the short ones after 60 steps; the long ones see three sessions."""
    env, _, _, mixed, axes = batch(made, 0.2)
    mixed = mixed.replace(start_row=jnp.int32(30))
    keys = jax.random.split(jax.random.key(0), NUM_ENVS)
    _, states = jax.vmap(env.reset, in_axes=(0, axes))(keys, mixed)

    def step(states, _):
        hold = jnp.full(NUM_ENVS, Action.HOLD)
        out = jax.vmap(env.step_env, in_axes=(0, 0, 0, axes))(keys, states, hold, mixed)
        ended = jax.vmap(env.is_truncated, in_axes=(0, axes))(out[1], mixed) | out[3]
        return out[1], (ended, out[1].row)

    _, (ended, rows) = jax.lax.scan(step, states, None, length=900)
    lengths = np.asarray(ended).argmax(axis=0) + 1
    assert (lengths[2:] == 60).all()
    assert not np.asarray(ended)[:, :2].any()
    assert (np.diff(np.asarray(rows)[:, 0]) == 1).all()
    sessions = np.asarray(env.default_params.market.session)[np.asarray(rows)[:, 0]]
    assert len(set(sessions.tolist())) == 3


def test_wrong_shares_are_refused(made):
    for share in (-0.1, 1.5):
        with pytest.raises(ValueError, match="must lie between 0 and 1"):
            batch(made, share)


@pytest.mark.parametrize("name", ["high_volatility", "trending", "ranging"])
def test_a_filter_keeps_a_share_of_the_starts_and_every_bar(made, name):
    market = made[1].market
    kept, share = filter_training(market, name)
    assert 0.0 < share < 1.0
    assert share == len(kept.starts) / len(market.starts)
    np.testing.assert_array_equal(kept.bars, market.bars)
    threshold = fit_threshold(market) if name == "high_volatility" else ()
    np.testing.assert_array_equal(kept.starts, filter_starts(market, name, threshold).starts)
    if name == "high_volatility":
        assert share == pytest.approx(0.25, abs=0.01)

"""A shorter warm-up: fewer sessions lost, the same features behind twenty, never mixed up."""

from dataclasses import replace
from pathlib import Path

import gymnax
import numpy as np
import pandas as pd
import pytest

import futures_env
from futures_env import FEATURES, FuturesEnv, SessionRule
from futures_env.data.bars import Bars
from futures_env.data.market import build_market, history
from futures_env.data.store import open_market, save_market
from futures_env.features import pipeline

VOLUME, ATR = FEATURES.index("volume"), FEATURES.index("atr")


def test_the_default_is_twenty_and_behind_twenty_nothing_changes(bars: Bars) -> None:
    """31 sessions: 11 by default, 23 with eight to warm up; the common rows are bit-identical."""
    usual, short = (build_market(bars, SessionRule(warm_up_sessions=n)) for n in (20, 8))
    assert build_market(bars).warm_up_sessions == usual.warm_up_sessions == 20
    assert futures_env.market_hash(build_market(bars)) == futures_env.market_hash(usual)
    sessions = [len(futures_env.session_dates(market)) for market in (usual, short)]
    assert sessions == [11, 23]
    behind = np.asarray(short.minute) >= int(usual.minute[0])
    np.testing.assert_array_equal(np.asarray(short.features)[behind], np.asarray(usual.features))
    np.testing.assert_array_equal(np.asarray(short.atr)[behind], np.asarray(usual.atr))


def test_the_two_features_use_the_strictly_earlier_sessions_there_are(bars: Bars) -> None:
    """Recomputed from their definitions for a bar of the ninth session."""
    rule = SessionRule(warm_up_sessions=8)
    market, past = build_market(bars, rule), history(bars, rule)
    row = int(np.flatnonzero(np.asarray(market.minute) == bars.minute[past.day == 8][1000])[0])
    at = int(np.flatnonzero(bars.minute == int(market.minute[row]))[0])
    earlier = past.day < 8
    same_minute = earlier & (past.minute_of_day == past.minute_of_day[at])
    volume = np.log(past.volume[at] / past.volume[same_minute].mean())
    atr = np.log(past.atr[at] / np.median(past.atr[earlier][14:]))
    seen = np.asarray(market.features)[row]
    np.testing.assert_allclose(seen[[VOLUME, ATR]], [volume, atr], rtol=2e-6)


def test_no_future_in_a_short_warm_up(bars: Bars) -> None:
    """Bars behind a row do not move its features."""
    rule = SessionRule(warm_up_sessions=5)
    past = history(bars, rule)
    cut = int(np.flatnonzero(past.day == 9)[700])
    table, warm = pipeline.compute(past, FEATURES, 5)
    shorter, _ = pipeline.compute(history(bars.take(slice(0, cut)), rule), FEATURES, 5)
    np.testing.assert_array_equal(table[:cut], shorter)
    assert warm[: int(np.flatnonzero(past.day == 5)[0])].sum() == 0
    assert warm[np.flatnonzero(past.day == 5)[0]]


def test_own_features_keep_their_warm_up(bars: Bars) -> None:
    own = futures_env.Feature("own", lambda past: past.close * 0.0, warm_up_sessions=12)
    market = build_market(bars, SessionRule(warm_up_sessions=5), ("return", "volume", own))
    assert len(futures_env.session_dates(market)) == 19


def test_the_smallest_history(frame: pd.DataFrame) -> None:
    """N + 5 sessions, and a message that names the way out."""
    days = frame["timestamp"].dt.tz_convert("America/New_York") + pd.Timedelta(hours=6)
    for sessions, n in ((10, 5), (24, 19)):
        part = frame[(days.dt.date.rank(method="dense") <= sessions).to_numpy()]
        market = futures_env.make_market(part, warm_up_sessions=n)
        assert len(futures_env.session_dates(market)) == 5
        fewer = frame[(days.dt.date.rank(method="dense") < sessions).to_numpy()]
        words = rf"at least {n + 5} are needed .*warm_up_sessions"
        with pytest.raises(ValueError, match=words):
            futures_env.make_market(fewer, warm_up_sessions=n)
    for wrong in (4, 21, 0):
        with pytest.raises(ValueError, match=f"warm_up_sessions must be 5 to 20, not {wrong}"):
            SessionRule(warm_up_sessions=wrong)


def test_it_is_recorded_and_never_mixed(bars: Bars, tmp_path: Path) -> None:
    """With the market, in the names of the columns, against another market and another part."""
    short = build_market(bars, SessionRule(warm_up_sessions=8))
    usual = build_market(bars)
    assert open_market(save_market(short, tmp_path / "m.npz")).warm_up_sessions == 8
    env, params = gymnax.make("FuturesNQ-Phase1", market=short)
    names = set(env.observation_layout) ^ set(FuturesEnv(1, market=usual).observation_layout)
    assert len(names) == 2 * 20 * 2
    assert "bar-0/volume(8 sessions)" in names
    with pytest.raises(ValueError, match=r"warms up on 20 sessions, the environment's .* on 8"):
        env.check_params(params.replace(market=usual))
    with pytest.raises(ValueError, match=r"differ in their warm_up_sessions: \[8, 20\]"):
        futures_env.concat_markets([short, usual])
    unknown = replace(short, carried=type(short.carried)(()))
    assert unknown.warm_up_sessions == 20


def test_a_synthetic_market_has_the_asked_sessions() -> None:
    market = futures_env.synthetic_market(sessions=6, warm_up_sessions=5)
    assert len(futures_env.session_dates(market)) == 6
    assert futures_env.session_dates(market)[0] == np.datetime64("2015-01-12")

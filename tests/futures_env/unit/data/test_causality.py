"""No look-ahead, from a file on disk to the observation columns."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import futures_env
from futures_env.data import calendar
from futures_env.features.pipeline import FEATURES, Feature, History


def spread(history: History) -> np.ndarray:
    """A feature of one's own: the last bar's range over the ATR."""
    return np.where(np.isnan(history.atr), np.nan, (history.high - history.low) / history.atr)


OWN = (*FEATURES, Feature("range", spread, 14))
CUTS = [
    "2015-02-06 09:30",
    "2015-02-09 22:15",
    "2015-02-10 12:00",
    "2015-02-12 16:58",
    "2015-02-16 11:00",
]


def at(text: str) -> pd.Timestamp:
    """A moment in New York."""
    moment = pd.Timestamp(text, tz="America/New_York")
    assert isinstance(moment, pd.Timestamp)
    return moment


def noisy(frame: pd.DataFrame, after: pd.Timestamp) -> pd.DataFrame:
    """Every bar after a moment replaced by noise; the stamps stay."""
    rng = np.random.default_rng(11)
    result, late = frame.copy(), (frame["timestamp"] > after).to_numpy()
    prices = 0.25 * rng.integers(60_000, 90_000, (late.sum(), 4))
    result.loc[late, "open"], result.loc[late, "close"] = prices[:, 0], prices[:, 1]
    result.loc[late, "high"], result.loc[late, "low"] = prices.max(axis=1), prices.min(axis=1)
    result.loc[late, "volume"] = rng.integers(0, 10_000, late.sum())
    return result


@pytest.fixture(scope="module")
def rolled(frame: pd.DataFrame) -> pd.DataFrame:
    """The shared bars with a contract roll in the tradable part."""
    local = frame["timestamp"].dt.tz_convert("America/New_York") + pd.Timedelta(hours=6)
    return frame.assign(
        symbol=np.where(local.dt.date < pd.Timestamp("2015-02-11").date(), "NQH5", "NQM5")
    )


def read(frame: pd.DataFrame, folder: Path) -> futures_env.MarketData:
    """Through a file, as a user would."""
    path = folder / "bars.parquet"
    frame.to_parquet(path)
    return futures_env.load_market(path, session="globex", features=OWN)


@pytest.mark.parametrize("cut", CUTS)
def test_noise_after_t_changes_nothing_up_to_t(rolled, tmp_path: Path, cut: str) -> None:
    """All columns that an observation or an order reads, bit for bit, own features included."""
    moment = at(cut)
    before, after = read(rolled, tmp_path), read(noisy(rolled, moment), tmp_path)
    rows = np.asarray(before.minute) <= moment.timestamp() // 60
    assert 0 < rows.sum() < len(rows)
    for name in (
        "features",
        "atr",
        "open",
        "high",
        "low",
        "close",
        "volume",
        "minute",
        "segment",
    ):
        np.testing.assert_array_equal(
            np.asarray(getattr(before, name))[rows], np.asarray(getattr(after, name))[rows], name
        )
    changed = np.asarray(before.features)[~rows] != np.asarray(after.features)[~rows]
    assert changed.any(axis=0)[:8].all(), "the noise must reach every price feature after t"


def test_missing_bars_after_t_do_not_move_the_clock(rolled, tmp_path: Path) -> None:
    """An unscheduled halt: what is visible before it is as on a regular day."""
    moment = at("2015-02-12 12:00")
    local = rolled["timestamp"].dt.tz_convert("America/New_York")
    halted = rolled[~((local > moment) & (local < at("2015-02-12 17:00")))]
    before, after = read(rolled, tmp_path), read(halted.reset_index(drop=True), tmp_path)
    rows = np.asarray(before.minute) <= moment.timestamp() // 60
    for name in ("features", "bars_to_flat", "entry_ok", "session", "date"):
        np.testing.assert_array_equal(
            np.asarray(getattr(before, name))[rows],
            np.asarray(getattr(after, name))[: rows.sum()],
            name,
        )
    last = np.flatnonzero(np.asarray(after.date) == calendar.days("2015-02-12"))[-1]
    assert bool(after.session_last[last])
    assert int(after.bars_to_flat[last]) == 298


def test_a_feature_that_looks_ahead_is_caught_by_this_test(rolled, monkeypatch) -> None:
    """The check itself can fail: a centred difference changes before t."""
    monkeypatch.setattr("futures_env.features.pipeline.check_causal", lambda *_: None)

    def peek(history: History) -> np.ndarray:
        return np.append(np.diff(history.close), 0.0) / 100.0

    moment = at(CUTS[1])
    features = (*FEATURES, Feature("peek", peek))
    one, two = (
        futures_env.make_market(f, session="globex", features=features)
        for f in (rolled, noisy(rolled, moment))
    )
    rows = np.asarray(one.minute) <= moment.timestamp() // 60
    assert (np.asarray(one.features)[rows, -1] != np.asarray(two.features)[rows, -1]).any()


def test_own_features_are_checked() -> None:
    """Wrong shape, values that are not finite after the warm-up, unknown and repeated names."""
    make = futures_env.synthetic_market
    with pytest.raises(ValueError, match="'short' has shape"):
        make(sessions=5, features=(Feature("short", lambda h: h.close[1:]),))
    with pytest.raises(ValueError, match=r"'log' is not finite at history row 14"):
        make(sessions=5, features=(Feature("log", lambda h: h.close * np.nan),))
    with pytest.raises(ValueError, match="no such feature: 'rsi_14'; known: return"):
        make(sessions=5, features=("rsi_14",))
    with pytest.raises(ValueError, match="unique"):
        make(sessions=5, features=("rsi", "rsi"))

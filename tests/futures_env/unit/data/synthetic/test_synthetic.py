"""The embedded market: deterministic, calibrated, a martingale unless an edge is planted."""

import hashlib
import subprocess
import sys
import time
from typing import Any

import numpy as np
import pytest

import futures_env
from futures_env.data import calendar
from futures_env.data.bars import Bars
from futures_env.data.closing import flat_by
from futures_env.data.synthetic import edges
from futures_env.data.synthetic.market import Edge, synthetic_bars, trading_days
from futures_env.market.info import SessionRule

DIGEST = "3956bd8b457e022cfb866cbc0dd067d4370d34a0641af9cde6ac3d5f41345237"
"""SHA-256 of the integers of five sessions of NQ with seed 0: equal on every machine."""


@pytest.fixture(scope="module")
def days() -> np.ndarray:
    """Trading days of a market of 100 sessions."""
    return trading_days("NQ", 100, SessionRule())


@pytest.fixture(scope="module")
def long(days) -> Bars:
    """100 sessions and their warm-up."""
    return synthetic_bars("NQ", days, seed=0)


def test_same_seed_same_bars_everywhere(long: Bars, days) -> None:
    """A committed digest; another seed differs; a shorter market is the beginning of a longer."""
    head = synthetic_bars("NQ", days[:5], seed=0)
    digest = hashlib.sha256()
    for name in ("minute", "open", "high", "low", "close", "volume", "extreme_order"):
        values = getattr(head, name)
        np.testing.assert_array_equal(values, getattr(long, name)[: len(head)])
        digest.update(values.astype("<i8").tobytes())
    assert digest.hexdigest() == DIGEST
    other = synthetic_bars("NQ", days[:5], seed=1)
    assert (other.close != head.close).mean() > 0.9


def test_default_market_is_fast_and_has_the_asked_sessions() -> None:
    """60 tradable sessions in under 2 seconds, with the early close among them."""
    started = time.process_time()
    market = futures_env.synthetic_market()
    assert time.process_time() - started < 2.0
    assert int(market.session[-1]) + 1 == 60
    assert len(futures_env.session_dates(market)) == 60
    assert set(np.asarray(market.extreme_order).tolist()) == {1, 2}


def test_sessions_count_tradable_days_also_past_a_day_without_an_rth_session() -> None:
    """Good Friday 2015 closed at 09:15: no rth session, but one of globex."""
    rth, globex = SessionRule(), SessionRule(session="globex")
    assert len(trading_days("NQ", 60, rth)) == 81
    assert len(trading_days("NQ", 60, globex)) == 80


def test_making_a_market_imports_no_pandas_of_its_own() -> None:
    """With pandas blocked, the numeric half of the package still makes bars."""
    code = (
        "import sys; import futures_env  # gymnax itself imports pandas\n"
        "for name in list(sys.modules):\n"
        "    if name.split('.')[0] == 'pandas': del sys.modules[name]\n"
        "sys.modules['pandas'] = None\n"
        "futures_env.synthetic_market(sessions=5)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_bars_are_consistent(long: Bars) -> None:
    """high and low bracket open and close; opens join the close before within a session."""
    assert (long.high >= np.maximum(long.open, long.close)).all()
    assert (long.low <= np.minimum(long.open, long.close)).all()
    assert (long.volume >= 1).all()
    day, _ = calendar.trading_day(long.minute)
    same = np.diff(day) == 0
    np.testing.assert_array_equal(long.open[1:][same], long.close[:-1][same])
    assert (np.diff(long.minute) > 0).all()


def test_no_edge_is_a_martingale(long: Bars) -> None:
    """Moves have mean 0 within 3 standard errors, also after an up move and in either half."""
    move = (long.close - long.open).astype(float)
    _, clock = calendar.trading_day(long.minute)
    for chosen in (move[1:], move[1:][move[:-1] > 0], move[1:][clock[1:] < 700]):
        assert abs(chosen.mean()) < 3.0 * chosen.std() / len(chosen) ** 0.5


def test_statistics_hold_their_targets(long: Bars) -> None:
    """The figures of evaluation.md on 100 sessions (docs/data/synthetic.md has them all)."""
    _, clock = calendar.trading_day(long.minute)
    rth = (clock >= 930) & (clock < 1320)
    move = (long.close - long.open) / long.close * 1e4
    scale = np.array([move[clock == minute].std() for minute in range(1380)])
    z = (move / scale[clock])[rth]
    size = np.abs(move[rth])
    assert 4.0 < scale[930:940].mean() < 5.6
    assert 2.0 < scale[1080:1140].mean() < 2.8
    assert 3.0 < scale[1310:1320].mean() < 4.2
    assert 5.0 < (z**4).mean() / (z**2).mean() ** 2 < 6.5
    assert abs(np.corrcoef(move[rth][1:], move[rth][:-1])[0, 1]) < 0.03
    for lag, target in ((1, 0.20), (10, 0.17), (60, 0.07)):
        assert np.corrcoef(size[lag:], size[:-lag])[0, 1] == pytest.approx(target, abs=0.04)
    spread, body = (long.high - long.low)[rth].mean(), np.abs(long.close - long.open)[rth].mean()
    assert spread / body == pytest.approx(2.0, abs=0.1)


def signals(bars: Bars) -> tuple[np.ndarray, np.ndarray]:
    """Rows and signs of the planted signals, from the volume alone."""
    _, clock = calendar.trading_day(bars.minute)
    usual = np.array([np.median(np.log(bars.volume[clock == c])) for c in range(1380)])
    rth = (clock >= 930) & (clock < 1320)
    excess = np.where(rth, np.log(bars.volume) - usual[clock], 0.0)
    rows = np.flatnonzero(np.abs(excess) > 1.2)
    rows = rows[rows < len(bars) - 2 * edges.LEG - 1]
    return rows, np.sign(excess[rows])


@pytest.mark.parametrize("edge", ["entry", "exit"])
@pytest.mark.parametrize("strength", [0.0, 10.0])
def test_planted_edges_follow_the_visible_signal(days, edge: Edge, strength: float) -> None:
    """The leg after a signal drifts by the planted ticks, the exit edge comes back; 0 is flat."""
    bars = synthetic_bars("NQ", days[:60], seed=2, edge=edge, strength=strength)
    rows, signs = signals(bars)
    assert len(rows) > 400
    there = signs * (bars.close[rows + edges.LEG] - bars.close[rows])
    back = signs * (bars.close[rows + 2 * edges.LEG] - bars.close[rows + edges.LEG])
    drift = edges.drift_ticks("NQ", edge, strength)
    error = 4.0 * there.std() / len(rows) ** 0.5
    assert there.mean() == pytest.approx(drift, abs=error + 0.1 * drift)
    assert back.mean() == pytest.approx(-drift if edge == "exit" else 0.0, abs=error + 0.1 * drift)


def test_strength_is_in_round_turn_costs() -> None:
    """NQ: 5 USD of commission and two ticks of slippage are three ticks."""
    assert edges.round_turn_ticks("NQ") == 3.0
    assert edges.drift_ticks("NQ", "entry", 0.0) == 0.0
    assert edges.drift_ticks("NQ", "exit", 3.0) == 3.0 * edges.drift_ticks("NQ", "exit", 1.0)


def test_arguments_are_checked() -> None:
    """Each message names the argument and what is allowed."""
    with pytest.raises(ValueError, match="no such edge 'both'; known: none, entry, exit"):
        futures_env.synthetic_market(edge="both")  # ty: ignore[invalid-argument-type]
    with pytest.raises(ValueError, match="no such symbol: 'SPY'"):
        futures_env.synthetic_market("SPY")
    with pytest.raises(ValueError, match="sessions: at least 5"):
        futures_env.synthetic_market(sessions=4)
    with pytest.raises(ValueError, match="must not be negative"):
        futures_env.synthetic_market(edge="entry", edge_strength=-1.0)


def test_the_session_is_chosen_as_for_make_market() -> None:
    """By arguments or by a rule, with the same result; not by both."""
    chosen: dict[str, Any] = {
        "session": "globex",
        "flat_by": "15:30",
        "entry_cutoff_bars": 9,
        "window": 32,
    }
    one = futures_env.synthetic_market(sessions=5, **chosen)
    assert int(one.starts[0]) == 31
    assert flat_by(one) == "15:30"
    assert int(one.bars_to_flat[0]) == 21 * 60 + 30 - 1
    assert int(one.bars_to_flat[one.entry_ok].min()) == 10
    two = futures_env.synthetic_market(sessions=5, session=SessionRule(**chosen))
    assert futures_env.market_hash(one) == futures_env.market_hash(two)
    with pytest.raises(ValueError, match="whole SessionRule: put window into it"):
        futures_env.synthetic_market(session=SessionRule(), window=32)


def test_micros_share_their_minis_prices() -> None:
    """Same bars, other contract row; different roots are independent."""
    nq, mnq = (futures_env.synthetic_market(s, sessions=5, seed=4) for s in ("NQ", "MNQ"))
    np.testing.assert_array_equal(np.asarray(nq.close), np.asarray(mnq.close))
    assert int(mnq.contract_table.tick_value_cents[0]) == 50

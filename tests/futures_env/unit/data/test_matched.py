"""Matched martingales: what they keep of the bars, and that nothing can be told from them."""

from dataclasses import replace

import numpy as np
import pytest

from futures_env import synthetic_market
from futures_env.data.market import concat_markets
from futures_env.data.synthetic.matched import matched_martingale
from futures_env.market.host_only import HostOnly


@pytest.fixture(scope="module")
def market():
    return synthetic_market("NQ", sessions=30, seed=4, edge="entry", edge_strength=10.0)


@pytest.fixture(scope="module")
def matched(market):
    return matched_martingale(market, seed=1)


def _host(market, *names):
    return (np.asarray(getattr(market, name), np.float64) for name in names)


def test_rows_times_and_volumes_stay(market, matched) -> None:
    for name in ("minute", "session", "date", "volume", "bars_to_flat", "starts", "entry_ok"):
        assert np.array_equal(getattr(matched, name), getattr(market, name)), name
    assert matched.feature_names == market.feature_names
    assert not np.array_equal(matched.close, market.close)


def test_bars_are_bars(matched) -> None:
    open_, high, low, close = _host(matched, "open", "high", "low", "close")
    assert (high >= np.maximum(open_, close)).all()
    assert (low <= np.minimum(open_, close)).all()
    assert np.isfinite(np.asarray(matched.features)).all()


def test_volatility_is_matched_bar_by_bar(market, matched) -> None:
    spans = []
    for one in (market, matched):
        high, low = _host(one, "high", "low")
        spans.append(high - low)
    theirs, mine = spans
    assert np.mean(mine**2) / np.mean(theirs**2) == pytest.approx(1.0, abs=0.1)
    assert np.corrcoef(theirs, mine)[0, 1] > 0.5


def test_gaps_keep_their_size(market, matched) -> None:
    sizes = []
    for one in (market, matched):
        open_, close = _host(one, "open", "close")
        sizes.append(np.abs(open_[1:] - close[:-1]))
    assert np.array_equal(*sizes)


def test_nothing_seen_says_where_it_goes(market) -> None:
    """Of the planted edge, a volume that announces the next ten bars, nothing is left."""

    def told(one) -> tuple[float, float]:
        volume = np.asarray(one.features)[:, one.feature_names.index("volume")]
        close = np.asarray(one.close, np.float64)
        session = np.asarray(one.session)
        rows = np.flatnonzero(np.abs(volume[:-10]) > 1.0)
        rows = rows[session[rows] == session[rows + 10]]
        move = (close[rows + 10] - close[rows]) * np.sign(volume[rows])
        return float(move.mean()), float(move.std() / np.sqrt(len(move)))

    mean, error = told(market)
    assert mean > 5 * error
    found = [told(matched_martingale(market, seed)) for seed in range(8)]
    pooled = np.mean([mean for mean, _ in found])
    assert abs(pooled) < 3 * np.mean([error for _, error in found]) / np.sqrt(8)


def test_a_seed_is_one_market(market, matched) -> None:
    assert np.array_equal(matched_martingale(market, 1).bars, matched.bars)
    assert not np.array_equal(matched_martingale(market, 2).bars, matched.bars)


def test_what_cannot_be_matched_is_refused(market) -> None:
    with pytest.raises(ValueError, match="of one contract"):
        matched_martingale(concat_markets([market, market]), 0)
    named = replace(market, feature_names=("own", *market.feature_names[1:]))
    with pytest.raises(ValueError, match="features own cannot be made anew"):
        matched_martingale(named, 0)
    with pytest.raises(ValueError, match="of one contract"):
        matched_martingale(replace(market, carried=HostOnly(())), 0)
    with pytest.raises(ValueError, match="are needed to warm up"):
        matched_martingale(synthetic_market("NQ", sessions=6, seed=3), 0)

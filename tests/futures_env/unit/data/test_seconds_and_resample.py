"""Second bars give the order of the extremes; minutes join to longer bars."""

import numpy as np
import pandas as pd
import pytest

import futures_env
from futures_env.data import calendar
from futures_env.data.bars import Bars
from futures_env.data.loader import bars_from_frame
from futures_env.data.resample import resample
from futures_env.data.seconds import order_from_seconds


def seconds_of(bars: Bars) -> pd.DataFrame:
    """Four seconds per bar that go through its extremes in the known order, then close."""
    low_first = bars.extreme_order == 1
    one, two = np.where(low_first, bars.low, bars.high), np.where(low_first, bars.high, bars.low)
    prices = np.stack((bars.open, one, two, bars.close), axis=1).ravel() * 0.25
    stamp = (bars.minute[:, None] * 60 + np.array([0, 7, 30, 59])).ravel()
    columns = dict.fromkeys(("open", "high", "low", "close"), prices)
    stamps = pd.to_datetime(stamp, unit="s", utc=True)
    return pd.DataFrame({"timestamp": stamps, **columns, "volume": 1})


def test_seconds_give_back_the_order(bars: Bars, frame: pd.DataFrame) -> None:
    """The walk's own order, where open or close does not already stand at an extreme."""
    head = bars.take(slice(3000))
    order = order_from_seconds(head, seconds_of(head))
    clear = (head.high > np.maximum(head.open, head.close)) & (
        head.low < np.minimum(head.open, head.close)
    )
    assert clear.sum() > 500
    np.testing.assert_array_equal(order[clear], head.extreme_order[clear])
    plain, _ = bars_from_frame(frame[:3000], "NQ")
    assert (plain.extreme_order == 0).all()


def test_unknown_where_one_second_holds_both_or_none(bars: Bars) -> None:
    """A bar that is one second, and a bar without seconds."""
    head = bars.take(slice(2))
    seconds = seconds_of(head)[:1].assign(high=head.high[0] * 0.25, low=head.low[0] * 0.25)
    assert order_from_seconds(head, seconds).tolist() == [0, 0]


def test_make_market_takes_second_bars(bars: Bars, frame: pd.DataFrame) -> None:
    """extreme_order of the market comes from the seconds, 0 for minutes without any."""
    day, clock = calendar.trading_day(bars.minute)
    chosen = bars.take((day == calendar.days("2015-02-10")) & (clock > 1000) & (clock < 1100))
    market = futures_env.make_market(frame, second_bars=seconds_of(chosen))
    known = np.asarray(market.extreme_order) > 0
    assert known.sum() > 80
    assert set(np.asarray(market.minute)[known]) <= set(chosen.minute.tolist())


def test_a_second_file_that_does_not_match_is_an_error(bars: Bars) -> None:
    """Other prices, other order, another time."""
    head = bars.take(slice(50))
    seconds = seconds_of(head)
    wrong = seconds.copy()
    wrong.loc[41, ["high", "low"]] += 100.0
    with pytest.raises(ValueError, match=r"bar 10 has high .* not\s+of the same contract"):
        order_from_seconds(head, wrong)
    with pytest.raises(ValueError, match="row 1: timestamp is not ascending"):
        order_from_seconds(head, seconds[::-1].reset_index(drop=True))
    with pytest.raises(ValueError, match="none lies inside the bars"):
        order_from_seconds(
            head, seconds.assign(timestamp=seconds["timestamp"] + pd.Timedelta(days=30))
        )


@pytest.mark.parametrize("minutes", [5, 15])
def test_resampling_agrees_with_pandas(bars: Bars, frame: pd.DataFrame, minutes: int) -> None:
    """Open, high, low, close and volume of every longer bar."""
    joined = resample(bars, minutes)
    how = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    expected = frame.set_index("timestamp").resample(f"{minutes}min").agg(how).dropna()
    stamps = expected.index.as_unit("s").asi8 // 60
    np.testing.assert_array_equal(joined.minute, stamps)
    for name in ("open", "high", "low", "close"):
        np.testing.assert_array_equal(getattr(joined, name) * 0.25, expected[name])
    np.testing.assert_array_equal(joined.volume, expected["volume"])
    assert joined.bar_minutes == minutes


def test_the_order_of_joined_bars(bars: Bars) -> None:
    """Which of the five bars had the high and the low; within one, its own order."""
    joined = resample(bars, 5)
    for row in range(200):
        part = slice(5 * row, 5 * row + 5)
        high_at, low_at = bars.high[part].argmax(), bars.low[part].argmin()
        own = bars.extreme_order[5 * row + high_at]
        expected = own if high_at == low_at else (2 if high_at < low_at else 1)
        assert joined.extreme_order[row] == expected


def test_five_minute_market(frame: pd.DataFrame) -> None:
    """09:30 to the last bar that ends by 16:59: 89 bars, counted down to 0."""
    market = futures_env.make_market(frame, bar_minutes=5)
    rows = np.flatnonzero(np.asarray(market.date) == calendar.days("2015-02-10"))
    np.testing.assert_array_equal(np.asarray(market.bars_to_flat)[rows], np.arange(88, -1, -1))
    same, _ = bars_from_frame(frame, "NQ")
    assert resample(same, 5).bar_minutes == 5
    with pytest.raises(ValueError, match="must divide 60 and be a multiple of 5"):
        resample(resample(same, 5), 7)

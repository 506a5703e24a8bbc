"""Second bars give the order of the extremes; minutes join to longer bars."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import futures_env
from futures_env.data import calendar
from futures_env.data.bars import Bars
from futures_env.data.importing.resample import resample
from futures_env.data.importing.seconds import order_from_seconds
from futures_env.data.loader import bars_from_frame


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


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("high", np.nan, "row 7: high is missing or not finite; repair or remove the row"),
        ("low", np.inf, "row 7: low is missing or not finite; repair or remove the row"),
        ("low", "n/a", "row 7: low is missing or not finite; repair or remove the row"),
        ("high", 20_000.1, "row 7: high is not a multiple of the tick size 0.25; check the symbol"),
        ("low", 19_999.99, "row 7: low is not a multiple of the tick size 0.25; check"),
        ("low", 90_000.0, "row 7: high is below low; repair or remove the row"),
        ("timestamp", pd.NaT, "row 7: timestamp is missing; remove the row"),
    ],
)
def test_a_bad_second_is_named(bars: Bars, column: str, value: object, message: str) -> None:
    """Row, field and remedy, whether or not the second decides about an extreme."""
    head = bars.take(slice(50))
    seconds = seconds_of(head)[["timestamp", "high", "low"]]
    values = seconds[column].astype(object).copy()
    values.iloc[7] = value
    values = values if isinstance(value, str) else values.astype(seconds[column].dtype)
    with pytest.raises(ValueError, match=re.escape(f"second_bars {message}")):
        order_from_seconds(head, seconds.assign(**{column: values}))


def test_rounding_of_a_second_is_no_error(bars: Bars) -> None:
    """A thousandth of a tick is left by decimal files and floats."""
    head = bars.take(slice(50))
    seconds = seconds_of(head)
    np.testing.assert_array_equal(
        order_from_seconds(head, seconds.assign(high=seconds["high"] + 0.9e-3 * 0.25)),
        order_from_seconds(head, seconds),
    )


def test_seconds_need_their_columns(bars: Bars, frame: pd.DataFrame, tmp_path: Path) -> None:
    """The message of make_market, saying which table it is; nothing but three columns is read."""
    head = bars.take(slice(len(bars) - 500, len(bars) - 200))
    seconds = seconds_of(head)[["timestamp", "high", "low"]]
    with pytest.raises(ValueError, match="second_bars: missing columns: low; found: timestamp, hi"):
        order_from_seconds(head, seconds.drop(columns="low"))
    naive = seconds.assign(timestamp=seconds["timestamp"].dt.tz_localize(None))
    with pytest.raises(ValueError, match="second_bars: timestamp must be timezone-aware"):
        futures_env.make_market(frame, second_bars=naive)
    path, second_path = tmp_path / "bars.csv", tmp_path / "seconds.csv"
    frame.to_csv(path, index=False)
    seconds.to_csv(second_path, index=False)
    market = futures_env.load_market(path, "NQ", second_path=second_path, session="globex")
    known = np.asarray(market.minute)[np.asarray(market.extreme_order) > 0]
    assert len(known) > 200
    assert set(known.tolist()) <= set(head.minute.tolist())
    seconds.drop(columns="timestamp").to_csv(second_path, index=False)
    with pytest.raises(ValueError, match=r"bars.csv: second_bars: missing columns: timestamp"):
        futures_env.load_market(path, "NQ", second_path=second_path)


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

"""Laws of importing: what is written in any layout comes back, whatever the prices and gaps are."""

import tempfile
from dataclasses import replace
from datetime import date
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from futures_env.data import calendar
from futures_env.data.importing.checking.raw import off_tick, ticks
from futures_env.data.importing.importer import import_bars
from futures_env.data.importing.names import MONTHS, contract_of, expiry
from futures_env.data.importing.resample import resample
from futures_env.data.synthetic.market import synthetic_bars
from futures_env.market.instruments import INSTRUMENTS
from tests.conftest import many_examples
from tests.futures_env.unit.data.importing.test_vendors import assert_same
from tests.futures_env.unit.data.vendor_files import WRITERS

PRICES = ("open", "high", "low", "close")
LENGTHS = [n for n in range(2, 61) if 60 % n == 0]
JOINTS = [(one, two) for one, two in combinations(LENGTHS, 2) if two % one == 0]
START = pd.Timestamp("2015-01-05 18:00", tz="America/New_York")


def drawn_frame(seed: int, gaps: float, start: pd.Timestamp = START) -> pd.DataFrame:
    """Two days of minutes with missing ones; the first bar of each day is there."""
    rng = np.random.default_rng(seed)
    minutes = np.concatenate([np.arange(1380), 1440 + np.arange(1380)])
    kept = rng.random(len(minutes)) >= gaps
    kept[[0, 1380, 1379, -1]] = True
    minutes = minutes[kept]
    middle = 80_000 + rng.integers(-30, 31, len(minutes)).cumsum()
    opening, close = middle, middle + rng.integers(-20, 21, len(minutes))
    up, down = rng.integers(0, 9, (2, len(minutes)))
    return pd.DataFrame(
        {
            "timestamp": (start + pd.to_timedelta(minutes, unit="m")).tz_convert("UTC"),
            "open": opening * 0.25,
            "high": (np.maximum(opening, close) + up) * 0.25,
            "low": (np.minimum(opening, close) - down) * 0.25,
            "close": close * 0.25,
            "volume": rng.integers(0, 10_000, len(minutes)),
        }
    )


@given(
    name=st.sampled_from(sorted(WRITERS)),
    seed=st.integers(0, 2**32 - 1),
    gaps=st.sampled_from([0.0, 0.1, 0.5]),
)
def test_every_layout_gives_back_what_was_written(name: str, seed: int, gaps: float) -> None:
    frame = drawn_frame(seed, gaps)
    with tempfile.TemporaryDirectory() as folder:
        bars, report = import_bars(WRITERS[name](frame, Path(folder)))
    assert_same(bars, frame)
    assert report.rows_kept == len(frame)


@given(
    name=st.sampled_from(["own", "firstrate", "databento_parquet", "polygon"]),
    seed=st.integers(0, 2**32 - 1),
    cuts=st.lists(st.integers(1, 2_700), min_size=1, max_size=3, unique=True),
    overlap=st.integers(0, 50),
    order=st.randoms(use_true_random=False),
)
def test_parts_of_a_series_are_the_series(name, seed, cuts, overlap, order) -> None:
    """Wherever it is cut, however parts overlap, in whatever order they are given."""
    frame = drawn_frame(seed, 0.0)
    bounds = [0, *sorted(cuts), len(frame)]
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, (first, end) in enumerate(pairwise(bounds)):
            part = Path(folder) / f"2015{number}"
            part.mkdir()
            rows = frame[max(0, first - overlap) : end].reset_index(drop=True)
            written = WRITERS[name](rows, part)
            paths.append(written.rename(part / f"2015{number}{''.join(written.suffixes)}"))
        order.shuffle(paths)
        bars, report = import_bars(paths)
    assert_same(bars, frame)
    assert report.rolls == []
    assert (bars.adjustment == 0).all()


@many_examples
@given(
    price=st.integers(1, 400_000),
    symbol=st.sampled_from(sorted(INSTRUMENTS)),
    as_float32=st.booleans(),
)
def test_ticks_come_back_from_points(price: int, symbol: str, as_float32: bool) -> None:
    """Also when the points were float32s; a price half a tick beside the grid never passes."""
    tick = INSTRUMENTS[symbol].tick_size
    points = np.array([price * tick, (price + 0.5) * tick])
    if as_float32:
        points = points.astype(np.float32).astype(np.float64)
    assert off_tick(points, tick).tolist() == [False, True]
    assert ticks(points[:1], tick)[0] == price


@many_examples
@given(year=st.integers(2010, 2035), month=st.integers(0, 11), off=st.integers(-4, 4))
def test_expiries_come_back_from_codes(year: int, month: int, off: int) -> None:
    """One, two and six digits, seen from a year nearby."""
    letter = MONTHS[month]
    for name in (
        f"NQ{letter}{year % 10}",
        f"NQ{letter}{year % 100:02d}",
        f"NQ {year}{month + 1:02d}",
    ):
        assert expiry(name, year + off) == (year, month + 1)


@many_examples
@given(
    symbol=st.sampled_from(sorted(INSTRUMENTS)),
    letter=st.sampled_from(MONTHS),
    year=st.integers(0, 99),
    words=st.sampled_from(["", "_1m", " all bars"]),
)
def test_a_file_named_after_a_contract_says_so(symbol, letter, year, words) -> None:
    code = f"{symbol}{letter}{year:02d}"
    assert contract_of(Path(f"{code.lower()}{words}.csv.gz")) == code


@many_examples
@given(joint=st.sampled_from(JOINTS), seed=st.integers(0, 2**32 - 1))
def test_resampling_in_steps_is_resampling_at_once(joint: tuple[int, int], seed: int) -> None:
    """Whatever is missing, and whether or not the order of a bar's extremes is known."""
    rng = np.random.default_rng(seed)
    bars = synthetic_bars("NQ", np.array([calendar.days("2015-01-12")]), seed=3)
    bars = bars.take(rng.random(len(bars)) > 0.5 * rng.random())
    bars = replace(bars, extreme_order=rng.integers(0, 3, len(bars)).astype(np.int8))
    short, long = joint
    once, steps = resample(bars, long), resample(resample(bars, short), long)
    for name, column in vars(once).items():
        np.testing.assert_array_equal(column, getattr(steps, name), name)
    assert once.volume.sum() == bars.volume.sum()
    assert (once.high.max(), once.low.min()) == (bars.high.max(), bars.low.min())


@many_examples
@given(
    closes=st.dictionaries(
        st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(0, calendar.DAY - 1)
    )
)
def test_closes_of_single_days_are_given_back(closes: dict[date, int]) -> None:
    """A close at 18:00, where a trading day begins, is a day without trading."""
    texts = tuple(
        f"{day}={calendar.time_of_day(clock) if clock else 'closed'}"
        for day, clock in sorted(closes.items())
    )
    assert calendar.as_given(calendar.overrides(texts[::-1])) == texts

"""Importing any bars: formats and names give back what was written; joining is associative."""

import tempfile
from dataclasses import replace
from datetime import date
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from futures_env.data import calendar
from futures_env.data.bars import Bars
from futures_env.data.importing.importer import import_bars
from futures_env.data.importing.names import MONTHS, contract_of, expiry
from futures_env.data.importing.resample import resample
from futures_env.data.synthetic.market import synthetic_bars
from futures_env.market.instruments import INSTRUMENTS
from tests.conftest import many_examples
from tests.futures_env.unit.data.conftest import as_frame
from tests.futures_env.unit.data.importing.test_vendors import assert_same
from tests.futures_env.unit.data.vendor_files import PRICES, WRITERS

SEEDS = st.integers(0, 2**32 - 1)
LENGTHS = [n for n in range(2, 61) if 60 % n == 0]
JOINTS = [(one, two) for one, two in combinations(LENGTHS, 2) if two % one == 0]


@pytest.fixture(scope="module")
def week() -> Bars:
    """Five trading days."""
    first = calendar.days("2015-01-12")
    return synthetic_bars("NQ", np.arange(first, first + 5), seed=3)


def with_holes(bars: Bars, rng: np.random.Generator) -> Bars:
    """Up to three bars of ten left out, never the first of a day, by which stamps are told."""
    day, _ = calendar.trading_day(bars.minute)
    first = np.diff(day, prepend=day[0] - 1) > 0
    return bars.take(first | (rng.random(len(bars)) > 0.3 * rng.random()))


def any_prices(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Other bars at the same times: a walk on the grid of ticks, and any volume."""
    steps = rng.integers(-40, 41, (4, len(frame)))
    close = 80_000 + steps[0].cumsum().clip(-40_000, 40_000)
    opened = close + steps[1]
    high = np.maximum(opened, close) + abs(steps[2])
    low = np.minimum(opened, close) - abs(steps[3])
    prices = dict(zip(PRICES, (opened, high, low, close), strict=True))
    volume = rng.integers(0, 10**6, len(frame))
    return frame.assign(**{name: ticks * 0.25 for name, ticks in prices.items()}, volume=volume)


@given(name=st.sampled_from(sorted(WRITERS)), seed=SEEDS)
def test_every_format_gives_any_bars_back(week: Bars, name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame = any_prices(as_frame(with_holes(week, rng)), rng)
    with tempfile.TemporaryDirectory() as folder:
        bars, report = import_bars(WRITERS[name](frame, Path(folder)), "NQ")
    assert_same(bars, frame)
    assert report.rows_kept == len(frame)


@many_examples
@given(joint=st.sampled_from(JOINTS), seed=SEEDS)
def test_joining_bars_twice_is_joining_them_once(
    week: Bars, joint: tuple[int, int], seed: int
) -> None:
    """Whatever is missing, and whether or not the order of a bar's extremes is known."""
    rng = np.random.default_rng(seed)
    bars = with_holes(week, rng)
    bars = replace(bars, extreme_order=rng.integers(0, 3, len(bars)).astype(np.int8))
    short, long = joint
    once, twice = resample(bars, long), resample(resample(bars, short), long)
    for name, column in vars(once).items():
        np.testing.assert_array_equal(column, getattr(twice, name), name)
    assert once.volume.sum() == bars.volume.sum()


@many_examples
@given(
    symbol=st.sampled_from(sorted(INSTRUMENTS)),
    year=st.integers(2000, 2095),
    month=st.integers(1, 12),
    away=st.integers(-49, 49),
)
def test_a_contract_code_gives_its_expiry_back(
    symbol: str, year: int, month: int, away: int
) -> None:
    """Two digits are told from 49 years away, one digit from 4."""
    letter = MONTHS[month - 1]
    code = f"{symbol}{letter}{year % 100:02d}"
    assert expiry(code, year + away) == (year, month)
    assert expiry(f"{symbol} {year}{month:02d}", year + away) == (year, month)
    assert expiry(f"{symbol}{letter}{year % 10}", year + away % 9 - 4) == (year, month)
    assert contract_of(Path(f"{code.lower()}_1m.csv.gz")) == code


@many_examples
@given(
    closes=st.dictionaries(
        st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(0, calendar.DAY - 1)
    )
)
def test_closes_of_single_days_are_given_back(closes: dict[date, int]) -> None:
    """A close at 18:00, where a trading day begins, is a day without trading."""
    texts = tuple(
        f"{day}=closed" if minute == 0 else f"{day}={calendar.time_of_day(minute)}"
        for day, minute in sorted(closes.items())
    )
    assert calendar.as_given(calendar.overrides(texts[::-1])) == texts

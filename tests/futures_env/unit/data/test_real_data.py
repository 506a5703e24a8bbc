"""The real bars: what the documents say about them holds."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import futures_env
from futures_env.data.bars import Bars
from futures_env.data.importing.importer import import_bars
from futures_env.data.importing.reading import lean

pytestmark = pytest.mark.real_data
COLUMNS = ("minute", "open", "high", "low", "close", "volume", "segment")


@pytest.fixture(scope="module")
def main_bars(real_data: Path) -> Bars:
    """The main set from its parquet."""
    return import_bars(real_data / "main/nq_1m_20250101_20250603.parquet", "NQ")[0]


def test_csv_and_parquet_are_the_same_market(real_data: Path) -> None:
    """147,310 rows, 87 tradable sessions, the roll and the short days where they belong."""
    markets = [
        futures_env.load_market(real_data / f"main/nq_1m_20250101_20250603.{suffix}", "NQ")
        for suffix in ("parquet", "csv.gz")
    ]
    assert futures_env.market_hash(markets[0]) == futures_env.market_hash(markets[1])
    dates = futures_env.session_dates(markets[0]).astype(str)
    assert len(dates) == 87
    assert "2025-04-18" not in dates
    date = np.asarray(markets[0].date).astype("datetime64[D]").astype(str)
    segment = np.asarray(markets[0].segment)
    assert date[segment == 1][0] == "2025-03-17"
    for short in ("2025-02-17", "2025-05-26"):
        assert (date == short).sum() == 209
    for full in ("2025-03-07", "2025-03-10"):  # either side of the clock change
        assert (date == full).sum() == 449


def test_the_contracts_reproduce_the_main_set(real_data: Path, main_bars: Bars) -> None:
    """Stray weekend bars dropped, roll on 2025-03-17, basis 206.5 +- 1.8 points."""
    files = sorted((real_data / "main/by_contract").glob("*.parquet"))
    bars, report = import_bars(files, "NQ", policy={"out_of_session": "drop"})
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(bars, name), getattr(main_bars, name), name)
    (roll,) = report.rolls
    assert (roll.date, roll.old, roll.new) == ("2025-03-17", "NQH5", "NQM5")
    assert roll.basis_ticks * 0.25 == pytest.approx(206.5, abs=1.8)
    assert [len(f.rows) for f in report.findings if f.check == "out_of_session"] == [56]


def test_ninjatrader_and_own_copies_are_identical(real_data: Path, main_bars: Bars) -> None:
    """Bar ends in UTC against bar starts: the same minutes, the same prices."""
    path = real_data / "samples/ninjatrader/NQ 03-25.Last.txt"
    bars, report = import_bars(path, "NQ", policy={"out_of_session": "drop"})
    assert "stamp = end" in str(report)
    _, here, there = np.intersect1d(bars.minute, main_bars.minute, return_indices=True)
    assert len(here) == len(bars) > 38_000
    for name in ("open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(
            getattr(bars, name)[here], getattr(main_bars, name)[there], name
        )


def test_the_second_ninjatrader_sample_is_of_the_same_minutes(
    real_data: Path, main_bars: Bars
) -> None:
    """Another download: all but a few of 3,802 common minutes of NQM5 agree, none is shifted."""
    path = real_data / "samples/ninjatrader/NQ 06-25 LF.Last.txt"
    bars, _ = import_bars(path, "NQ", policy={"out_of_session": "drop"})
    june = main_bars.take(main_bars.segment == 1)
    _, here, there = np.intersect1d(bars.minute, june.minute, return_indices=True)
    assert len(here) == 3802
    for name in ("open", "high", "low", "close"):
        assert (getattr(bars, name)[here] != getattr(june, name)[there]).sum() <= 3


def test_leans_gold_ticks_build_its_minute_bars(real_data: Path) -> None:
    """All contracts of 2013-10-07, every column."""
    folder = real_data / "samples/lean/comex"
    minutes = lean.read_lean(folder / "minute/gc/20131007_trade.zip")
    ticks = lean.read_lean(folder / "tick/gc/20131007_trade.zip")
    pd.testing.assert_frame_equal(ticks, minutes, check_dtype=False)
    assert len(minutes) == 1500


def test_other_samples_are_read(real_data: Path) -> None:
    """FirstRateData in New York time, TradingView 5-minute epochs, a folder of LEAN zips."""
    first, report = import_bars(real_data / "samples/firstrate/NQ_1min_sample_20231119.csv", "NQ")
    assert len(first) == 14_714
    assert "vendor = firstrate" in str(report)
    view, _ = import_bars(real_data / "samples/tradingview/NQ1!_5m_epoch.csv", "NQ")
    assert view.bar_minutes == 5
    es, report = import_bars(real_data / "samples/lean/cme/minute/es", "ES")
    assert es.contracts[0] == "ES 201312"
    assert report.sessions == 9


def test_databento_files(real_data: Path) -> None:
    """DBN through the client, an optional extra."""
    pytest.importorskip("databento")
    path = real_data / "samples/databento/test_data.ohlcv-1m.dbn.zst"
    bars, report = import_bars(path, "ES")
    assert len(bars) == 4
    assert "vendor = databento" in str(report)

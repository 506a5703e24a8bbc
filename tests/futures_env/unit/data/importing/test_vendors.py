"""Every vendor's format gives the same bars; what cannot be told is asked for."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from futures_env.data.bars import Bars
from futures_env.data.importing.importer import import_bars
from tests.futures_env.unit.data.vendor_files import WRITERS

COLUMNS = ("minute", "open", "high", "low", "close", "volume")


@pytest.fixture(scope="module")
def week(frame: pd.DataFrame) -> pd.DataFrame:
    """Five trading days."""
    return frame[: 5 * 1380]


def assert_same(bars: Bars, frame: pd.DataFrame) -> None:
    """The bars are those of the frame."""
    minute = frame["timestamp"].dt.as_unit("s").astype("int64").to_numpy() // 60
    np.testing.assert_array_equal(bars.minute, minute)
    for name in COLUMNS[1:5]:
        np.testing.assert_array_equal(getattr(bars, name) * 0.25, frame[name].to_numpy(), name)
    np.testing.assert_array_equal(bars.volume, frame["volume"].to_numpy())


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_gives_the_same_bars(name: str, week: pd.DataFrame, tmp_path: Path) -> None:
    """Vendor, zone, stamp, unit and scale are found; each decision is in the report."""
    bars, report = import_bars(WRITERS[name](week, tmp_path), "NQ")
    assert_same(bars, week)
    words = "\n".join(report.decisions)
    vendor = {"interactive_brokers": "ib"}.get(name, name.split("_")[0])
    assert f"vendor = {vendor}" in words
    for decision in ("zone = ", "stamp = ", "bar_minutes = 1", "price_scale = "):
        assert decision in words
    assert all(decision in str(report) for decision in report.decisions)


def test_decisions_of_the_awkward_formats(week: pd.DataFrame, tmp_path: Path) -> None:
    """Bar end, fixed point, footer, descending order, rejected spreads."""

    def decisions(name: str) -> str:
        return str(import_bars(WRITERS[name](week, tmp_path), "NQ")[1])

    assert "stamp = end" in decisions("ninjatrader")
    databento = decisions("databento")
    assert "price_scale = 1e-09" in databento
    assert "epoch unit = ns" in databento
    assert "spread           drop          35" in databento
    barchart = decisions("barchart")
    assert "footer" in barchart
    assert "descending" in barchart
    assert "zone = America/Chicago (bars inside" in decisions("interactive_brokers")


def test_arguments_override_what_would_be_found(week: pd.DataFrame, tmp_path: Path) -> None:
    """zone, stamp, price_scale and vendor are taken as given."""
    path = WRITERS["firstrate"](week, tmp_path)
    given = import_bars(
        path, "NQ", vendor="own", zone="America/New_York", stamp="start", price_scale=1.0
    )
    assert_same(given[0], week)
    assert str(given[1]).count("(given)") == 4


def test_the_epoch_unit_can_be_given(week: pd.DataFrame, tmp_path: Path) -> None:
    """Stamps in ms of January 1970 look like seconds of a far future."""
    path, shift = tmp_path / "own.csv", pd.Timedelta("16436D")  # 45 years
    milliseconds = (week["timestamp"] - shift).dt.as_unit("ms").astype("int64")
    assert milliseconds.max() < 1e11
    week.assign(timestamp=milliseconds).to_csv(path, index=False)
    bars, report = import_bars(path, "NQ", epoch_unit="ms", policy={"out_of_session": "drop"})
    assert "epoch unit = ms (given)" in str(report)
    np.testing.assert_array_equal(bars.minute[:9], milliseconds[:9] // 60_000)
    with pytest.raises(ValueError, match="epoch_unit: no such unit 'days'; known: s, ms, us, ns"):
        import_bars(path, "NQ", epoch_unit="days")


def test_a_zone_that_cannot_be_told_is_asked_for(week: pd.DataFrame, tmp_path: Path) -> None:
    """Cash-session bars with naive stamps: no break, no zone."""
    local = week["timestamp"].dt.tz_convert("America/New_York")
    rth = week[(local.dt.hour >= 10) & (local.dt.hour < 12)]
    path = WRITERS["own"](rth, tmp_path)
    with pytest.raises(ValueError, match=r"own.csv.gz: zone: cannot be told .* argument zone"):
        import_bars(path, "NQ")
    assert_same(import_bars(path, "NQ", zone="UTC")[0], rth)


def test_a_zone_that_the_data_deny_is_an_error(week: pd.DataFrame, tmp_path: Path) -> None:
    """A NinjaTrader file in New York time shows bars in the break."""
    path = WRITERS["ninjatrader"](
        week.assign(timestamp=week["timestamp"] - pd.Timedelta(hours=5)), tmp_path
    )
    with pytest.raises(ValueError, match="zone: ninjatrader writes UTC, but bars lie in the daily"):
        import_bars(path, "NQ")
    assert_same(import_bars(path, "NQ", zone="Etc/GMT+5")[0], week)


def test_a_stamp_that_the_data_deny_is_an_error(week: pd.DataFrame, tmp_path: Path) -> None:
    """Own files stamp the start; one that stamps the end needs the argument."""
    late = week.assign(timestamp=week["timestamp"] + pd.Timedelta(minutes=1))
    path = WRITERS["own_parquet"](late, tmp_path)
    with pytest.raises(ValueError, match="stamps the bar's start, the data look like its end"):
        import_bars(path, "NQ")
    assert_same(import_bars(path, "NQ", stamp="end")[0], week)


def test_unknown_layouts_and_files_name_the_argument(tmp_path: Path) -> None:
    """Unknown columns, a missing column, no file, an unknown vendor."""
    odd = tmp_path / "odd.csv"
    odd.write_text("DT,O,H,L,C\n2019-01-01,1,1,1,1\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"odd.csv: layout not recognised .* argument vendor"):
        import_bars(odd)
    odd.write_text("timestamp,open,high,low,close\n2019-01-01,1,1,1,1\n", encoding="utf-8")
    with pytest.raises(ValueError, match="own: missing columns volume; found: timestamp"):
        import_bars(odd)
    odd.write_text("timestamp,open,high,low,close,volume\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no rows"):
        import_bars(odd)
    with pytest.raises(FileNotFoundError, match="no such file"):
        import_bars(tmp_path / "none.csv")
    with pytest.raises(ValueError, match="vendor: no such layout 'bloomberg'; known: databento"):
        import_bars(odd, vendor="bloomberg")


def test_one_file_per_contract(week: pd.DataFrame, tmp_path: Path) -> None:
    """Named by their contract codes; the front is kept."""
    one, two = tmp_path / "NQH5_1m.parquet", tmp_path / "NQM5_1m.parquet"
    week.to_parquet(one)
    week.assign(volume=1).to_parquet(two)
    bars, report = import_bars([two, one], "NQ")
    assert_same(bars, week)
    assert bars.contracts == ("NQH5",)
    assert "other_contract" in str(report)

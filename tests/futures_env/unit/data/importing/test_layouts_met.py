"""Layouts that people really have, written anew: each gives the right bars, or one clear line."""

import bz2
import gzip
import lzma
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from futures_env.codes import ExtremeOrder
from futures_env.data.bars import Bars
from futures_env.data.importing.importer import import_bars
from tests.futures_env.unit.data.importing.test_vendors import assert_same
from tests.futures_env.unit.data.vendor_files import WRITERS

HEADER = "timestamp,open,high,low,close,volume"
ROW = "17000,17001,16999,17000,10"
DAY = 1_704_726_000  # 2024-01-08 15:00 UTC


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def first_stamp(bars: Bars) -> str:
    return str(np.datetime64(int(bars.minute[0]), "m"))


ONE = {
    "zone name": (
        ["date,open,high,low,close,volume",
         *(f"20240108 09:3{i}:00 US/Central,{ROW}" for i in (0, 1))],
        {}, "2024-01-08T15:30",
    ),
    "index and offsets": (
        [",date,open,high,low,close,volume,average,barCount",
         *(f"{i},2024-01-08 09:3{i}:00-06:00,{ROW},17000,5" for i in (0, 1))],
        {}, "2024-01-08T15:30",
    ),
    "datetime": (["datetime,open,high,low,close,volume", f"2024-01-08 15:00:00,{ROW}"],
                 {"zone": "UTC"}, "2024-01-08T15:00"),
    "title case": (["Timestamp,Open,High,Low,Close,Volume", f"2024-01-08T15:00:00Z,{ROW}"],
                   {}, "2024-01-08T15:00"),
    "am and pm": (["Date,Time,Open,High,Low,Last,Volume", f"1/18/2024, 9:59:00 AM,{ROW}",
                   f"1/18/2024, 10:00:00 AM,{ROW}"], {"zone": "UTC"}, "2024-01-18T09:59"),
    "am, then pm": ([HEADER, f"1/18/2024 11:59:00 AM,{ROW}", f"1/18/2024 12:00:00 PM,{ROW}"],
                    {"zone": "UTC"}, "2024-01-18T11:59"),
    "pm without a space": (["Date,Time,Open,High,Low,Last,Volume", f"1/18/2024,3:00PM,{ROW}"],
                           {"zone": "UTC"}, "2024-01-18T15:00"),
    "eight fields": ([f"20240108  09:3{i}:00,{ROW},5,17000.1" for i in (0, 1)],
                     {"zone": "America/Chicago"}, "2024-01-08T15:30"),
    "trailing comma": ([HEADER, f"2024-01-08 15:00:00,{ROW},", f"2024-01-08 15:01:00,{ROW},"],
                       {"zone": "UTC"}, "2024-01-08T15:00"),
    "trailing comma in the header": (
        [HEADER + ",", f"2024-01-08 15:00:00,{ROW},", f"2024-01-08 15:01:00,{ROW}"],
        {"zone": "UTC"}, "2024-01-08T15:00"),
    "semicolons": ([HEADER.replace(",", ";"), f"2024-01-08 15:00:00,{ROW}".replace(",", ";")],
                   {"zone": "UTC"}, "2024-01-08T15:00"),
    "byte-order mark": (["\ufeff" + HEADER, f"2024-01-08 15:00:00,{ROW}"], {"zone": "UTC"},
                        "2024-01-08T15:00"),
    "windows lines": ([HEADER + "\r", f"2024-01-08 15:00:00,{ROW}\r"], {"zone": "UTC"},
                      "2024-01-08T15:00"),
    "day first": (["Date,Time,Open,High,Low,Last,Volume", f"17/01/2024,15:00,{ROW}"],
                  {"zone": "UTC"}, "2024-01-17T15:00"),
    "day first with points": ([HEADER, f"17.01.2024 15:00,{ROW}"], {"zone": "UTC"},
                              "2024-01-17T15:00"),
    "kibot's documented order": ([f"01/08/2024,10:00,{ROW}"], {}, "2024-01-08T15:00"),
}  # fmt: skip


@pytest.mark.parametrize("name", ONE)
def test_one_file(name: str, tmp_path: Path) -> None:
    lines, options, stamp = ONE[name]
    bars, report = import_bars(write(tmp_path / "bars.csv", *lines), **options)
    assert first_stamp(bars) == stamp
    assert len(bars) == report.rows_read == sum(ROW in line for line in lines) or ";" in lines[0]
    assert bars.open[0] == 68_000
    assert bars.close[0] == 68_000
    assert bars.high[0] == 68_004
    assert bars.low[0] == 67_996
    assert bars.volume[0] == 10


def xz(data: bytes) -> bytes:
    return lzma.compress(data, preset=0)


def zstd(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize(
    ("suffix", "pack"),
    [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", xz), (".zst", zstd)],
)
@pytest.mark.parametrize("named", [True, False])
def test_packed_files(suffix: str, pack, named: bool, frame: pd.DataFrame, tmp_path: Path) -> None:
    """Told by their first bytes: the name may say nothing of the packing."""
    part = frame[900:1900].reset_index(drop=True)
    path = WRITERS["databento"](part, tmp_path)
    packed = tmp_path / ("bars.csv" + suffix * named)
    packed.write_bytes(pack(path.read_bytes()))
    assert_same(import_bars(packed)[0], part)
    packed.write_bytes(pack(path.read_bytes())[:-40])
    with pytest.raises(ValueError, match="data are damaged or cut off; fetch it again"):
        import_bars(packed)


def test_zips(frame: pd.DataFrame, tmp_path: Path) -> None:
    """One text file inside is read; of several the names are given."""
    part = frame[900:1900].reset_index(drop=True)
    text = WRITERS["firstrate"](part, tmp_path).read_text()
    path = tmp_path / "NQ.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("NQ_1min.txt", text)
        archive.writestr("__MACOSX/._NQ_1min.txt", b"junk")
    assert_same(import_bars(path)[0], part)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("ES_1min.txt", text)
    with pytest.raises(ValueError, match=r"NQ.zip: the zip holds 2 files \(NQ_1min.txt, ES_1min"):
        import_bars(path)


def test_prices_rounded_to_float32_are_their_ticks(tmp_path: Path) -> None:
    """5182.2001953125 is the float32 nearest to 5182.2; half a tick off is not."""
    rows = ["2026-02-23 15:00:00+00:00,5182.2001953125,5183.39990234375,5173,5180,10"]
    bars, _ = import_bars(write(tmp_path / "gold.csv", HEADER, *rows), "GC")
    assert (bars.open[0], bars.high[0]) == (51_822, 51_834)
    rows = [rows[0].replace("5173,", "5173.05,")]
    with pytest.raises(ValueError, match=r"row 0: .* tick size 0.1, not even rounded.*low 5173.05"):
        import_bars(write(tmp_path / "gold.csv", HEADER, *rows), "GC")


def databento_day(path: Path, start: int, price: int, ids: tuple[int, ...] = (17077,)) -> Path:
    """A day file without symbols."""
    head = "ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume"
    rows = [
        f"{(start + 60 * i) * 10**9},33,1,{number}"
        + "".join(f",{(price + i + d) * 10**9}" for d in (0, 1, -1, 0)) + ",100"
        for i in range(5) for number in ids
    ]  # fmt: skip
    return write(path, head, *rows)


def test_days_of_one_series_without_symbols(tmp_path: Path) -> None:
    """Their names are dates, not contracts: all rows are kept and nothing rolls."""
    paths = [
        databento_day(tmp_path / f"glbx-mdp3-2024010{8 + n}.csv", DAY + n * 86_400, 17_000 + 10 * n)
        for n in range(2)
    ]
    for options in ({}, {"contract": "NQH4"}):
        bars, report = import_bars(paths, **options)
        assert len(bars) == report.rows_kept == 10
        assert report.rolls == []
        assert bars.contracts == (options.get("contract", ""),)


def test_two_instruments_without_symbols_are_asked_for(tmp_path: Path) -> None:
    path = databento_day(tmp_path / "day.csv", DAY, 17_000, ids=(1, 2))
    with pytest.raises(ValueError, match=r"instrument_id 1 and 2 are two contracts.*contract"):
        import_bars(path)


def own_year(path: Path, *stamps: str, price: int = 21_000) -> Path:
    row = f"{price},{price + 1},{price - 1},{price},10"
    return write(path, HEADER, *(f"{stamp}+00:00,{row}" for stamp in stamps))


def test_years_are_parts_of_one_series(tmp_path: Path) -> None:
    """No roll: the overnight move stays in the prices, in whatever order the files are given."""
    one = own_year(tmp_path / "2024.csv", "2024-12-31 15:00:00", "2024-12-31 15:01:00")
    two = own_year(tmp_path / "2025.csv", "2025-01-02 15:00:00", price=21_007)
    for paths in ([one, two], [two, one]):
        bars, report = import_bars(paths)
        assert bars.close.tolist() == [84_000, 84_000, 84_028]
        assert (bars.adjustment == 0).all()
        assert report.rolls == []


def test_parts_that_overlap_are_compared(tmp_path: Path) -> None:
    """Alike they are kept once; a difference is named with both files."""
    one = own_year(tmp_path / "202401.csv", "2024-01-31 15:00:00", "2024-01-31 15:01:00")
    two = own_year(tmp_path / "202402.csv", "2024-01-31 15:01:00", "2024-02-01 15:00:00")
    bars, report = import_bars([one, two])
    assert len(bars) == 3
    assert "overlap = 1 rows of several files are alike" in str(report)
    own_year(two, "2024-01-31 15:01:00", "2024-02-01 15:00:00", price=21_001)
    words = r"2 files: 202402.csv, row 0: open of 2024-01-31 15:01:00 UTC is 21001, in 202401.csv, "
    with pytest.raises(ValueError, match=words + r"row 1 21000 .* not of one series"):
        import_bars([one, two])


def ninjatrader(path: Path, day: int, price: int, volume: int) -> Path:
    """Two minutes of each of two days."""
    row = f"{price};{price + 1};{price - 1};{price};{volume}"
    stamps = [f"202512{each} 150{minute}00" for each in (day, day + 1) for minute in (1, 2)]
    return write(path, *(f"{stamp};{row}" for stamp in stamps))


def test_ninjatraders_own_names_are_contracts(tmp_path: Path) -> None:
    """NQ 12-25 is NQZ25: the same bars as under that name."""
    old = ninjatrader(tmp_path / "NQ 12-25.Last.txt", 10, 25_000, 100)
    new = ninjatrader(tmp_path / "NQ 03-26.Last.txt", 11, 25_205, 90)
    bars, report = import_bars([old, new])
    assert bars.contracts == ("NQZ25", "NQH26")
    plain = [old.rename(tmp_path / "NQZ25.txt"), new.rename(tmp_path / "NQH26.txt")]
    same, again = import_bars(plain)
    np.testing.assert_array_equal(bars.minute, same.minute)
    assert [str(roll) for roll in report.rolls] == [str(roll) for roll in again.rolls]
    assert report.findings[0].origin.at(0) == "NQ 03-26.Last.txt, row 0"


def test_names_must_be_alike(tmp_path: Path) -> None:
    one = own_year(tmp_path / "NQH5.csv", "2025-01-02 15:00:00")
    two = own_year(tmp_path / "more.csv", "2025-01-02 15:01:00")
    with pytest.raises(ValueError, match=r"NQH5.csv is named after a contract, more.csv is not"):
        import_bars([one, two])
    assert len(import_bars([one, two], contract="NQH5")[0]) == 2


def test_an_import_that_loses_most_of_its_minutes_stops(tmp_path: Path) -> None:
    """Two contracts that alternate: the front of each session leaves the other's minutes out."""
    old = own_year(
        tmp_path / "NQH5.csv", *(f"2025-01-0{d} 15:{m:02d}:00" for d in (6, 7) for m in range(5))
    )
    new = own_year(
        tmp_path / "NQM5.csv", *(f"2025-01-0{d} 16:{m:02d}:00" for d in (6, 7) for m in range(5))
    )
    with pytest.raises(ValueError, match=r"only 10 of 20 minutes .*'loss': 'keep'"):
        import_bars([old, new])
    assert len(import_bars([old, new], policy={"loss": "keep"})[0]) == 10


def test_seconds_become_minutes_that_know_their_extremes(tmp_path: Path) -> None:
    """Low at 15:00:01, high at 15:00:40; one second with both knows nothing."""
    rows = [
        "2024-01-08 15:00:00+00:00,17000,17000,17000,17000,1",
        "2024-01-08 15:00:01+00:00,17000,17000,16990,16995,2",
        "2024-01-08 15:00:40+00:00,16995,17010,16995,17005,3",
        "2024-01-08 15:01:05+00:00,17005,17020,17000,17001,4",
    ]
    bars, report = import_bars(write(tmp_path / "seconds.csv", HEADER, *rows))
    assert bars.bar_minutes == 1
    assert "bars of seconds" in str(report)
    columns = np.stack([bars.open, bars.high, bars.low, bars.close, bars.volume * 4]).T / 4
    assert columns.tolist() == [[17000, 17010, 16990, 17005, 6], [17005, 17020, 17000, 17001, 4]]
    assert bars.extreme_order.tolist() == [ExtremeOrder.LOW_FIRST, ExtremeOrder.UNKNOWN]


@pytest.mark.parametrize(("hours", "word"), [(24, "daily"), (1, "hourly"), (4, "240-minute")])
def test_longer_bars_are_refused_in_words(hours: int, word: str, tmp_path: Path) -> None:
    stamps = pd.date_range("2024-01-08 05:00", periods=5, freq=f"{hours}h", tz="America/New_York")
    path = write(tmp_path / "bars.csv", HEADER, *(f"{stamp.isoformat()},{ROW}" for stamp in stamps))
    with pytest.raises(
        ValueError, match=rf"bars.csv: these are {word} bars .*give bars of 1 minute"
    ):
        import_bars(path)


def test_newest_first_keeps_the_stamp(frame: pd.DataFrame, tmp_path: Path) -> None:
    """Bars that begin at 18:00 begin there in whatever order they are written."""
    week = frame[: 3 * 1380].reset_index(drop=True)
    path = WRITERS["own"](week[::-1], tmp_path)
    bars, report = import_bars(path)
    assert_same(bars, week)
    assert "stamp = start (first bars at 18:00: 3" in str(report)
    assert "descending, reversed" in str(report)


def test_days_and_months_that_no_row_tells_apart(tmp_path: Path) -> None:
    path = write(
        tmp_path / "bars.csv", "Date,Time,Open,High,Low,Last,Volume", f"3/4/2024,15:00,{ROW}"
    )
    with pytest.raises(ValueError, match=r"row 0: timestamp '3/4/2024 15:00': no date of the file"):
        import_bars(path, zone="UTC")


def test_a_zone_that_is_no_clock_is_asked_for(tmp_path: Path) -> None:
    path = write(
        tmp_path / "bars.csv", "date,open,high,low,close,volume", f"20240108 09:30:00 EST,{ROW}"
    )
    with pytest.raises(ValueError, match=r"zone: the stamps name 'EST', .*give the argument zone"):
        import_bars(path)
    assert first_stamp(import_bars(path, zone="America/New_York")[0]) == "2024-01-08T14:30"

"""New York clock and early closes on the days that trip calendars up."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from futures_env.data import calendar
from futures_env.data.synthetic.market import synthetic_bars, trading_days
from futures_env.market.info import SessionRule


def utc(text: str) -> int:
    """UTC minutes of a New York wall time."""
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/New_York"))
    return int(local.astimezone(UTC).timestamp()) // 60


@pytest.mark.parametrize(
    ("date", "close"),
    [
        ("2024-11-28", "13:00"),  # Thanksgiving
        ("2024-11-29", "13:15"),  # the day after
        ("2024-12-24", "13:15"),  # Christmas Eve
        ("2024-07-03", "13:15"),
        ("2018-12-05", "09:30"),  # day of mourning
        ("2025-01-09", "09:30"),  # day of mourning
        ("2025-02-17", "13:00"),  # Presidents' Day
        ("2025-02-18", "17:00"),  # a regular day
        ("2021-04-02", "09:15"),  # Good Friday with a jobs report
    ],
)
def test_equity_closes(date: str, close: str) -> None:
    """Close of the equity index futures by the clock."""
    found = calendar.close_clock("NQ", np.array([calendar.days(date)]))
    assert found.tolist() == [calendar.clock(close) if close != "17:00" else 1380]


@pytest.mark.parametrize("date", ["2024-03-29", "2025-04-18", "2022-04-15", "2024-12-25"])
def test_closed_days(date: str) -> None:
    """Good Fridays and Christmas have no session."""
    assert calendar.early_closes("NQ")[calendar.days(date)] == calendar.CLOSED


def test_energy_and_metals_keep_their_own_days() -> None:
    """Memorial Day, Christmas Eve, a corrected Labor Day, a day of mourning for equities only."""
    day = np.array([calendar.days("2024-05-27")])
    assert calendar.close_clock("CL", day) == calendar.clock("14:30")
    assert calendar.close_clock("MGC", day) == calendar.clock("14:30")
    assert calendar.close_clock("MNQ", day) == calendar.clock("13:00")
    eve = np.array([calendar.days("2024-12-24")])
    assert calendar.close_clock("GC", eve) == calendar.clock("13:45")
    labor_day = np.array([calendar.days("2026-09-07")])
    assert calendar.close_clock("CL", labor_day) == calendar.clock("14:30")
    assert calendar.days("2018-12-05") not in calendar.early_closes("CL")


@pytest.mark.parametrize("symbol", ["CL", "GC"])
def test_dates_that_a_second_source_settled(symbol: str) -> None:
    """docs/data/calendar.md says by what; the neighbours that no source moved stay."""
    settled = {
        "2022-09-05": "14:30", "2023-09-04": "14:30", "2024-09-02": "14:30", "2025-09-01": "14:30",
        "2025-07-04": "13:00", "2027-06-18": "13:00", "2025-11-28": "14:45",
        "2021-09-06": "13:00", "2024-07-04": "14:30", "2024-11-29": "13:45", "2025-11-27": "14:30",
    }  # fmt: skip
    table = calendar.early_closes(symbol)
    assert {day: calendar.time_of_day(table[calendar.days(day)]) for day in settled} == settled


def test_given_closes_replace_the_tables() -> None:
    """They come back as they were given; a wrong form is named."""
    given = ("2025-07-04=closed", "2025-09-01=13:00")
    closes = calendar.overrides(given)
    days = np.array([calendar.days(text.split("=")[0]) for text in (*given, "2025-07-03=")])
    assert calendar.close_clock("CL", days, closes).tolist() == [0, 19 * 60, 23 * 60]
    assert calendar.close_clock("CL", days).tolist() == [19 * 60, 20 * 60 + 30, 23 * 60]
    assert calendar.as_given(closes) == given
    for wrong in ("2025-07-04", "2025-07-04=25:00", "soon=13:00", "2025-02-30=13:00"):
        with pytest.raises(ValueError, match=f"early_close: '{wrong}' is not DATE=HH:MM"):
            calendar.overrides([wrong])
    with pytest.raises(ValueError, match="2025-07-04 is given twice"):
        calendar.overrides(["2025-07-04=13:00", "2025-07-04=14:00"])


def test_table_covers_2015_to_2027_with_sources() -> None:
    """Every year has its early closes for every group."""
    for symbol in ("NQ", "CL", "GC"):
        days = np.array(list(calendar.early_closes(symbol)), "datetime64[D]")
        years, counts = np.unique(days.astype("datetime64[Y]"), return_counts=True)
        assert [str(year) for year in years] == [str(year) for year in range(2015, 2028)]
        assert counts.min() >= 7


@pytest.mark.parametrize(
    ("wall", "clock"),
    [
        ("2025-03-07 09:30", 930),  # winter time
        ("2025-03-10 09:30", 930),  # the session after the spring change
        ("2025-10-31 09:30", 930),
        ("2025-11-03 09:30", 930),  # the session after the autumn change
        ("2025-11-02 18:00", 0),
        ("2025-03-09 18:00", 0),
    ],
)
def test_both_clock_changes(wall: str, clock: int) -> None:
    """09:30 New York is 09:30 on either side of both changes, and Sunday evening is Monday."""
    minute = np.array([utc(wall)])
    day, since_open = calendar.trading_day(minute)
    assert since_open.tolist() == [clock]
    evening = clock < 360
    assert day[0] == calendar.days(wall[:10]) + evening
    assert calendar.utc_minutes(calendar.local_minutes(minute)).tolist() == minute.tolist()


def test_local_minutes_agree_with_zoneinfo_over_a_year() -> None:
    """Vectorised conversion against one datetime at a time."""
    minute = np.arange(utc("2025-01-01 00:00"), utc("2026-01-01 00:00"), 97)
    zone = ZoneInfo("America/New_York")
    expected = [
        int(datetime.fromtimestamp(m * 60, UTC).astimezone(zone).replace(tzinfo=UTC).timestamp())
        // 60
        for m in minute.tolist()
    ]
    assert calendar.local_minutes(minute).tolist() == expected


def test_clock_rejects_nonsense() -> None:
    """The message shows the offending text."""
    for text in ("25:00", "9", "aa:bb", "10:75"):
        with pytest.raises(ValueError, match="HH:MM"):
            calendar.clock(text)


def test_synthetic_days_skip_closures_and_end_early() -> None:
    """Generated sessions stop at the early close; closed days are missing."""
    days = trading_days("NQ", 90, SessionRule())
    assert calendar.days("2015-02-16") in days
    assert calendar.days("2015-05-30") not in days  # a Saturday
    assert calendar.days("2015-04-03") in days  # Good Friday with a jobs report: until 09:15
    bars = synthetic_bars("NQ", np.array([calendar.days("2015-02-16")]), 0)
    assert len(bars) == calendar.clock("13:00")


def test_the_committed_table_is_what_the_script_makes() -> None:
    """pandas_market_calendars plus the dated overrides, each with its source."""
    script = Path(__file__).resolve().parents[4] / "scripts" / "make_calendar.py"
    subprocess.run([sys.executable, script, "--check"], check=True, timeout=120)

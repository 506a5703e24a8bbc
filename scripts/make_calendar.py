"""Regenerate the early-close table of futures_env from pandas_market_calendars and overrides.

Usage: python scripts/make_calendar.py [--check]
"""

import argparse
import csv
import io
from pathlib import Path

import pandas as pd
import pandas_market_calendars

TABLE = (
    Path(__file__).resolve().parents[1]
    / "packages/futures_env/src/futures_env/data/early_closes.csv"
)
FIRST, LAST = "2015-01-01", "2027-12-31"
CALENDARS = {"equity": "CME Globex Equity", "energy": "CMEGlobex_CL", "metals": "CMEGlobex_GC"}
ISSUE = "pandas_market_calendars issue 464, quoting the exchange's published 2026 holiday hours"
EVE = (
    "inferred: NYMEX and COMEX on Globex close at 12:45 CT on Christmas Eve (schedule of "
    "2013-12-24); the library has no rule (its issue 464)"
)
LEAN = "QuantConnect/Lean market-hours-database.json (nymex CL, comex GC)"
LABOR_DAY = (
    f"{LEAN}; NYMEX and COMEX halt at 13:30 CT on the Monday holidays since 2022 (DTN holiday "
    "schedules of 2023 and 2024), as the exchange published for Labor Day 2026 (issue 464)"
)
ON_FRIDAY = (
    f"{LEAN}; a holiday on a Friday closes at 12:00 CT, as the exchange published for Juneteenth "
    "and Independence Day 2026 (issues 464, 465)"
)
THANKSGIVING_2025 = (
    f"{LEAN}; Thunder Markets' notice for 2025-11-28: oil and metals until 21:45 where index "
    "futures end at 20:15 (13:15 New York); 13:45 CT again in the published 2026 (issue 464)"
)
# (group, date) -> New York close or "closed", and why the library's value is not used
OVERRIDES = {
    ("equity", "2018-12-05"): (
        "09:30",
        "CME Group release of 2018-12-02: equity products close at 8:30 CT, day of mourning",
    ),
    ("equity", "2025-01-09"): (
        "09:30",
        "CME Group release of 2024-12-30: equity products open until 8:30 CT; last NQ bar 09:29",
    ),
    ("equity", "2024-03-29"): ("closed", "CME Group holiday calendar: Good Friday 2024"),
    ("equity", "2025-04-18"): ("closed", "CME Group holiday calendar: Good Friday 2025; no NQ bar"),
}
for _group in ("energy", "metals"):
    OVERRIDES |= {
        (_group, "2026-06-19"): ("13:00", ISSUE),
        (_group, "2026-07-03"): ("13:00", ISSUE),
        (_group, "2026-09-07"): ("14:30", ISSUE),
        (_group, "2026-11-27"): ("14:45", ISSUE),
    }
    OVERRIDES |= {
        (_group, day): ("14:30", LABOR_DAY)
        for day in ("2022-09-05", "2023-09-04", "2024-09-02", "2025-09-01")
    }
    OVERRIDES |= {(_group, day): ("13:00", ON_FRIDAY) for day in ("2025-07-04", "2027-06-18")}
    OVERRIDES |= {(_group, "2025-11-28"): ("14:45", THANKSGIVING_2025)}
    OVERRIDES |= {
        (_group, f"{year}-12-24"): ("13:45", EVE)
        for year in (2015, 2018, 2019, 2020, 2024, 2025, 2026)
    }


def library_rows(group: str, name: str) -> dict[tuple[str, str], tuple[str, str]]:
    """Short and closed weekdays of one calendar."""
    schedule = pandas_market_calendars.get_calendar(name).schedule(
        FIRST, LAST, tz="America/New_York"
    )
    close = schedule["market_close"].dt.strftime("%H:%M")
    source = f"pandas_market_calendars {name}"
    rows = {(group, f"{day:%Y-%m-%d}"): (at, source) for day, at in close.items() if at != "17:00"}
    for day in pd.bdate_range(FIRST, LAST).difference(schedule.index):
        rows[group, f"{day:%Y-%m-%d}"] = ("closed", source)
    return rows


def render() -> str:
    """The whole table as csv text."""
    rows: dict[tuple[str, str], tuple[str, str]] = {}
    for group, name in CALENDARS.items():
        rows |= library_rows(group, name)
    rows |= OVERRIDES
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["date", "group", "close", "source"])
    writer.writerows([day, group, *rows[group, day]] for group, day in sorted(rows))
    return text.getvalue()


def main() -> None:
    """Write the table, or with --check fail when the committed one differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    text = render()
    if not parser.parse_args().check:
        TABLE.write_text(text, encoding="utf-8")
    elif TABLE.read_text(encoding="utf-8") != text:
        raise SystemExit(f"{TABLE} is not what scripts/make_calendar.py makes: run it")


if __name__ == "__main__":
    main()

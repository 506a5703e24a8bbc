"""What a report says of the days: dates, missing bars, and ends that the calendar does not know."""

import numpy as np
from numpy.typing import NDArray

from futures_env.data import calendar
from futures_env.data.bars import Bars
from futures_env.data.importing.report import Report
from futures_env.features.pipeline import SESSIONS_BACK
from futures_env.market.info import SESSION_OPEN

SHORT_OF_CLOSE = 15
"""Minutes without a bar in front of the close that are worth a line."""


def describe_sessions(bars: Bars, report: Report) -> None:
    """Dates, sessions lost to warm-up, missing cash-session bars, and odd ends of days."""
    day, clock = calendar.trading_day(bars.minute)
    days, index = np.unique(day, return_inverse=True)
    dates = days.astype("datetime64[D]").astype(str)
    report.first_date, report.last_date = str(dates[0]), str(dates[-1])
    report.sessions, report.sessions_lost = len(days), min(SESSIONS_BACK, len(days))
    close = np.minimum(
        calendar.close_clock(bars.symbol, days, bars.early_close), calendar.CLOSE_CLOCK
    )
    opening = calendar.clock(SESSION_OPEN["rth"])
    expected = np.maximum(close - opening, 0) // bars.bar_minutes
    there = np.bincount(
        index, weights=(clock >= opening) & (clock < close[index]), minlength=len(days)
    )
    for number in np.flatnonzero(there < expected).tolist():
        lacking = int(expected[number] - there[number])
        report.holes.append(
            f"{dates[number]}: {lacking} of {expected[number]} bars from 09:30 missing"
        )
    last = clock[np.append(np.flatnonzero(np.diff(day)), len(day) - 1)] + bars.bar_minutes
    behind = np.bincount(index, weights=clock >= close[index], minlength=len(days)).astype(int)
    _describe_ends(dates, close, last, behind, report)


def _describe_ends(
    dates: NDArray[np.str_],
    close: NDArray[np.int64],
    last: NDArray[np.int64],
    behind: NDArray[np.int64],
    report: Report,
) -> None:
    """Days whose bars run past the calendar's close, or stop short of it and of other days."""
    usual = int(np.median(last))
    for number, date in enumerate(dates.tolist()):
        due = min(int(close[number]), usual)
        if behind[number] and close[number] < calendar.CLOSE_CLOCK:
            report.closes.append(
                f"{date}: {behind[number]} bars behind the close at {_shown(close[number])}; "
                f"--early-close {date}=HH:MM sets another"
            )
        elif last[number] <= due - SHORT_OF_CLOSE:
            report.closes.append(
                f"{date}: the last bar ends at {_shown(last[number])}, {due - last[number]} "
                f"minutes short of {_shown(due)}; --early-close {date}=HH:MM sets the close"
            )


def _shown(clock: int) -> str:
    """New York time of day, or that the day is closed."""
    if clock == calendar.CLOSED:
        return "18:00 of the day before (closed)"
    return calendar.time_of_day(int(clock))

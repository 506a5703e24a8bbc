"""The page of attempts at evaluations: which firm, which size, and what it is without an edge."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from eval_tools.accounts.days import days_of
from eval_tools.accounts.path import AccountPath
from eval_tools.conditions.market import DataSource
from eval_tools.formats import percent
from eval_tools.report.rows import Fan
from eval_tools.report.sections import attempts_section, page

MOST_FANS = 4
"""Rule sets and sizes whose equity is drawn, those that pass most often."""

Shown = Mapping[str, Any]
"""A ``eval_tools.attempts.table.Row`` as JSON has it."""


def attempts_page(
    rows: Sequence[Shown], fans: Sequence[Fan], source: DataSource, level: float
) -> str:
    """The whole page.

    Args:
        rows: of the table of attempts.
        fans: equity of those that are drawn.
        source: the market.
        level: coverage of the intervals.
    """
    best = passing_most(rows)
    remarks = [f"Intervals: {level:.0%}, counting attempts that do not overlap."]
    if source.synthetic:
        remarks.append("The market is synthetic: nothing here says anything about a real market.")
    missing = dict.fromkeys(f"{row['rules']}: {name}" for row in rows for name in row["unknown"])
    if missing:
        remarks.append(f"Not known, so that nothing is net of it: {'; '.join(missing)}.")
    title = f"Attempts at evaluations on {source.label}"
    return page(title, headline(best), remarks, [attempts_section(rows, fans)])


def passing_most(rows: Sequence[Shown]) -> list[Shown]:
    """The rows, that which passes most often first."""
    return sorted(rows, key=lambda row: -row["passing"]["share"])


def headline(rows: Sequence[Shown]) -> str:
    """What may be claimed of the row that passes most often; ``rows`` begin with it."""
    if not rows:
        return "No attempt was made: nothing can be claimed."
    best, null = rows[0]["passing"], rows[0]["driftless"]
    text = (
        f"{rows[0]['rules']}, {rows[0]['size']} passes most often: {percent(best['share'])} "
        f"({percent(best['low'])} to {percent(best['high'])})"
    )
    if null is None:
        return f"{text}; what it would be without an edge was not simulated."
    without = f"{percent(null['share'])} without an edge"
    if best["low"] > null["high"]:
        return f"{text}, more than {without}."
    return f"{text}, not told apart from {without}."


def fan_of(title: str, target: float, played: Sequence[tuple[AccountPath, bool]]) -> Fan:
    """Equity at each day's end of attempts at one rule set with one size.

    Args:
        title: of the rule set and size.
        target: profit to reach, USD.
        played: the path of each up to its verdict, and whether it passed.
    """
    drawn = [_by_day(path) for path, _ in played]
    return Fan(
        title=title,
        paths=[equity for equity, _ in drawn],
        passed=[passed for _, passed in played],
        floors=[floor for _, floor in drawn],
        target=target,
    )


def _by_day(path: AccountPath) -> tuple[np.ndarray, np.ndarray]:
    """(days + 1,) equity and floor in USD from the start."""
    opening, ends = path.opening, days_of(path).last_bar
    equity = np.r_[opening.balance, path.equity[ends]]
    floor = np.r_[opening.floor, path.floor[ends]]
    return (equity - opening.balance) / 100, (floor - opening.balance) / 100

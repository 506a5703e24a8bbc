"""Sections of other commands: attempts, folds, sweep, trades; and the page that shows them.

Each takes plain rows, so that whatever measured them need not be imported here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup

from eval_tools.report.pictures.charts import daily_chart, interval_chart
from eval_tools.report.pictures.outlook import fan_chart, odds_chart, sweep_chart
from eval_tools.report.rendering import render
from eval_tools.report.rows import Fan, Folds, SweepRow


def attempts_section(rows: Sequence[Mapping[str, Any]], fans: Sequence[Fan] = ()) -> Markup:
    """P(pass) beside its null for every rule set and size, and how equity went on the way.

    Args:
        rows: ``eval_tools.attempts.table.Row`` as JSON has it.
        fans: equity of attempts by day.
    """
    charts = {fan.title: fan_chart(fan, place) for place, fan in enumerate(fans)}
    odds = odds_chart(rows) if rows else ""
    return Markup(render("attempts.html.j2", rows=rows, fans=charts, odds=odds))


def folds_section(folds: Folds) -> Markup:
    """The folds of a walk-forward, each judged on its own test range."""
    means = {f"fold {row.fold}": row.interval for row in folds.rows}
    chart = interval_chart(means, "folds") if means else ""
    return Markup(render("folds.html.j2", rows=folds.rows, remark=folds.remark, chart=chart))


def sweep_section(rows: Sequence[SweepRow], rule: str, remark: str = "") -> Markup:
    """Every kept checkpoint on the validation slices, and which one the rule chose."""
    chart = sweep_chart(rows) if rows else ""
    return Markup(render("sweep.html.j2", rows=rows, rule=rule, remark=remark, chart=chart))


def trades_section(
    numbers: Mapping[str, Any],
    daily: Mapping[str, pd.Series],
    *,
    accounts: Mapping[str, str],
    excursions: str,
    entries: Mapping[str, Sequence[Mapping[str, Any]]],
) -> Markup:
    """A trade list by day, and what every rule set says of it.

    Args:
        numbers: what ``eval-tools trades`` writes into metrics.json.
        daily: P&L in USD by trading day, by the name of the list.
        accounts: pictures of the accounts by their titles.
        excursions: picture of MAE and MFE.
        entries: rows of ``eval_tools.report.tables`` by what they are grouped by.
    """
    return Markup(
        render(
            "trades.html.j2",
            numbers=numbers,
            chart=daily_chart(daily),
            accounts=accounts,
            excursions=excursions,
            entries=entries,
        )
    )


def page(title: str, headline: str, remarks: Sequence[str], sections: Sequence[Markup]) -> str:
    """One HTML file that opens offline: headline first, then the sections."""
    return render(
        "page.html.j2", title=title, headline=headline, remarks=remarks, sections=sections
    )

"""The report: one HTML file that opens offline, verdict first."""

from collections.abc import Sequence
from typing import Any

from eval_tools.outcome import Evaluation
from eval_tools.replay.page import failed_episodes, page_replays
from eval_tools.replay.table import BREACH_BARS
from eval_tools.report import tables
from eval_tools.report.pictures import candles, charts
from eval_tools.report.pictures.excursions import excursion_chart
from eval_tools.report.rendering import render
from eval_tools.report.rows import Folds
from eval_tools.report.sections import folds_section
from eval_tools.report.summary import (
    CHOICE_OF_MARKETS,
    difference_in_words,
    luck_in_words,
    market_title,
    sessions_in_words,
)
from eval_tools.report.training import PhaseTraining, training_section
from eval_tools.verdict import Finding

DISCLAIMER = (
    "Research software that simulates rules: it does not place orders and does not suggest "
    "running a policy on such an account. Apex and Take Profit Trader prohibit automation on "
    "their accounts (Apex: prohibited-activities page, modified 2026-07-31). Firms change their "
    "rules: check the firm's own pages."
)
"""Stands in the report, the README and wherever a policy is exported."""

_COLORS = {Finding.POSITIVE: "gain", Finding.LOSES_MONEY: "loss"}


def render_report(
    evaluation: Evaluation,
    numbers: dict[str, Any],
    phases: Sequence[PhaseTraining] = (),
    folds: Folds | None = None,
) -> str:
    """The whole page; the same evaluation gives the same bytes.

    Args:
        evaluation: what is shown.
        numbers: its ``metrics``.
        phases: how the policy was trained.
        folds: of a walk-forward, whose tests the evaluation is of.
    """
    subject = evaluation.subject
    days = candles.notable_days(subject)
    failed = failed_episodes([*subject.sessions, *subject.accounts])
    return render(
        "report.html.j2",
        **{key: numbers[key] for key in ("policy", "range", "results", "rules_version", "verdict")},
        source=evaluation.source,
        subject=numbers["results"][subject.name],
        color=_COLORS.get(evaluation.verdict.finding, "muted"),
        cards=tables.cards(numbers),
        markets=[(market_title(one), one) for one in numbers["markets"]],
        choice_of_markets=CHOICE_OF_MARKETS,
        charts=_charts(evaluation, numbers),
        span=sessions_in_words(numbers["range"]),
        luck=luck_in_words(numbers),
        conditions=numbers["conditions"],
        differences=[difference_in_words(one) for one in numbers["differences_from_training"]],
        account_remark=evaluation.verdict.account,
        comparison=tables.comparison(numbers["results"]),
        entries={
            "entry hour, New York": tables.by_entry_hour(subject.trades),
            "weekday": tables.by_weekday(subject.trades),
        },
        days=tables.every_session(evaluation.slices, list(evaluation.results)),
        breach_bars=BREACH_BARS,
        replays=page_replays(failed, days, evaluation.market),
        folds="" if folds is None else folds_section(folds),
        training=training_section(phases) if phases else "",
        disclaimer=DISCLAIMER,
        metrics=numbers,
    )


def _charts(evaluation: Evaluation, numbers: dict[str, Any]) -> dict[str, Any]:
    subject, market = evaluation.subject, evaluation.market
    rows = {name: one.interval for name, one in evaluation.results.items()}
    rows |= {f"{subject.name} minus {name}": gap for name, gap in evaluation.paired.items()}
    rows["without costs (gross)"] = evaluation.gross.interval
    if evaluation.null is not None:
        rows["on a matched martingale (null)"] = evaluation.null.interval
    own = numbers["results"][subject.name]
    return {
        "intervals": charts.interval_chart(rows),
        "daily": charts.daily_chart({name: one.daily for name, one in evaluation.results.items()}),
        "accounts": [charts.account_chart(episode, market) for episode in subject.accounts],
        "days": {
            f"{name}, {episode.slice.name}": candles.day_chart(episode, subject.trades, market)
            for name, episode in candles.notable_days(subject).items()
        },
        "actions": charts.share_chart(own["actions_where_there_was_a_choice"], "actions", "{:.1%}"),
        "excursions": excursion_chart(subject.trades),
        "exits": charts.share_chart(own["exit_reasons"], "exits", "{:,.0f}"),
    }

"""The report: one HTML file that opens offline, verdict first."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from eval_tools.formats import number, percent, sign, usd, words
from eval_tools.measures.results import by_session
from eval_tools.outcome import Evaluation
from eval_tools.report import candles, charts
from eval_tools.report.summary import difference_in_words, sessions_in_words
from eval_tools.report.svg import GAIN, LOSS, MUTED
from eval_tools.verdict import Finding

DISCLAIMER = (
    "Research software that simulates rules: it does not place orders and does not suggest "
    "running a policy on such an account. Apex and Take Profit Trader prohibit automation on "
    "their accounts (Apex: prohibited-activities page, modified 2026-07-31). Firms change their "
    "rules: check the firm's own pages."
)
"""Stands in the report, the README and wherever a policy is exported."""

_COLORS = {Finding.POSITIVE: GAIN, Finding.LOSES_MONEY: LOSS}


def render_report(evaluation: Evaluation, numbers: dict[str, Any]) -> str:
    """The whole page; the same evaluation gives the same bytes.

    Args:
        evaluation: what is shown.
        numbers: its ``metrics``.
    """
    templates = Environment(
        loader=PackageLoader("eval_tools.report", "."), autoescape=True, undefined=StrictUndefined
    )
    templates.filters.update(usd=usd, number=number, percent=percent, sign=sign, words=words)
    return templates.get_template("report.html.j2").render(
        **{key: numbers[key] for key in ("policy", "range", "results", "rules_version", "verdict")},
        source=evaluation.source,
        subject=numbers["results"][evaluation.subject.name],
        color=_COLORS.get(evaluation.verdict.finding, MUTED),
        cards=_cards(numbers),
        charts=_charts(evaluation, numbers),
        span=sessions_in_words(numbers["range"]),
        conditions=numbers["conditions"],
        differences=[difference_in_words(one) for one in numbers["differences_from_training"]],
        account_remark=evaluation.verdict.account,
        comparison=_comparison(numbers["results"]),
        hours=_hours(evaluation.subject.trades),
        days=_days(evaluation),
        disclaimer=DISCLAIMER,
        metrics=numbers,
    )


def _comparison(results: dict[str, Any]) -> list[dict[str, Any]]:
    """One row per statistic, one cell per policy."""
    rows: list[tuple[str, str, str, Callable[[Any], str]]] = [
        ("net P&L, USD", "days", "net_pnl_usd", usd),
        ("per day, USD", "days", "mean_usd", usd),
        ("interval, from", "mean_daily_pnl", "low", usd),
        ("interval, to", "mean_daily_pnl", "high", usd),
        ("trades", "trades", "trades", partial(number, digits=0)),
        ("expectancy per trade, USD", "trades", "expectancy_usd", usd),
        ("win rate", "trades", "win_rate", percent),
        ("break-even win rate of the brackets", "trades", "break_even_win_rate", percent),
        ("profit factor", "trades", "profit_factor", number),
        ("fees, USD", "trades", "fees_usd", number),
        ("mean MAE / trade, USD", "trades", "mean_mae_usd", usd),
        ("mean MFE / trade, USD", "trades", "mean_mfe_usd", usd),
        ("bars held", "trades", "mean_bars_held", number),
        ("Sharpe", "days", "sharpe", number),
        ("Sortino", "days", "sortino", number),
        ("Calmar", "days", "calmar", number),
        ("max drawdown of summed days, USD", "days", "max_drawdown_usd", number),
        ("tail loss per day, USD", "days", "tail_loss_usd", usd),
        ("accounts failed: drawdown", "endings", "failed_drawdown", str),
        ("accounts failed: daily loss", "endings", "failed_daily_loss", str),
        ("accounts failed: time", "endings", "failed_time", str),
    ]
    signed = {"net_pnl_usd", "mean_usd", "expectancy_usd"}
    table = []
    for name, block, field, show in rows:
        values = [one[block][field] for one in results.values()]
        signs = [sign(value or 0) if field in signed else "" for value in values]
        table.append({"name": name, "cells": [show(value) for value in values], "signs": signs})
    exposure = [percent(one["exposure"]) for one in results.values()]
    table.append({"name": "exposure", "cells": exposure, "signs": [""] * len(exposure)})
    return table


def _cards(numbers: dict[str, Any]) -> list[dict[str, str]]:
    one = numbers["results"][numbers["policy"]]
    pairs = {
        "net P&L after costs, USD": usd(one["days"]["net_pnl_usd"]),
        "mean per day, USD": usd(one["days"]["mean_usd"]),
        "trades": f"{one['trades']['trades']:,}",
        "expectancy per trade, USD": usd(one["trades"]["expectancy_usd"]),
        "win rate (break-even " + percent(one["trades"]["break_even_win_rate"]) + ")": percent(
            one["trades"]["win_rate"]
        ),
        "accounts failed, per-session slices": str(one["breaches"]),
    }
    return [{"name": name, "value": value} for name, value in pairs.items()]


def _charts(evaluation: Evaluation, numbers: dict[str, Any]) -> dict[str, Any]:
    subject, market = evaluation.subject, evaluation.market
    rows = {name: one.interval for name, one in evaluation.results.items()}
    rows |= {f"{subject.name} minus {name}": gap for name, gap in evaluation.paired.items()}
    rows["without costs (gross)"] = evaluation.gross.interval
    own = numbers["results"][subject.name]
    return {
        "intervals": charts.interval_chart(rows),
        "daily": charts.daily_chart(evaluation.results),
        "accounts": [charts.account_chart(episode, market) for episode in subject.accounts],
        "days": {
            f"{name}, {episode.slice.name}": candles.day_chart(episode, subject.trades, market)
            for name, episode in candles.notable_days(subject).items()
        },
        "actions": charts.share_chart(own["actions_where_there_was_a_choice"], "actions", "{:.1%}"),
        "exits": charts.share_chart(own["exit_reasons"], "exits", "{:,.0f}"),
    }


def _hours(trades: pd.DataFrame) -> list[dict[str, Any]]:
    own = trades[~trades["forced"].astype(bool)]
    hours = pd.DatetimeIndex(own["entry_time"]).hour if len(own) else []
    return [
        {
            "hour": f"{hour:02d}:00",
            "trades": len(part),
            "win_rate": float((part["net_cents"] > 0).mean()),
            "net_usd": int(part["net_cents"].sum()) / 100,
        }
        for hour, part in own.groupby(hours)
    ]


def _days(evaluation: Evaluation) -> list[dict[str, Any]]:
    table = by_session(evaluation.results)
    subject = table[table["policy"] == evaluation.subject.name]
    net = table.pivot(index="slice", columns="policy", values="net_cents")[[*evaluation.results]]
    return [
        {
            "slice": row.slice,
            "bars": row.bars,
            "trades": row.trades,
            "breaches": row.breaches,
            "net_usd": [int(value) / 100 for value in net.loc[row.slice]],
        }
        for row in subject.itertuples()
    ]

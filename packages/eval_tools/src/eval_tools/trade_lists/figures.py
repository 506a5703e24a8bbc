"""Figures of a judged trade list that a requirement may name."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from eval_tools.measures.statistics import DailyStatistics, Statistic, TradeStatistics

_OF_BRACKETS = "break_even_win_rate"  # which a list does not know
_OF_ACCOUNTS = ("breaches", "account_max_drawdown_usd", "account_lowest_room_to_floor_usd")

LIST_FIGURES = (
    *dict.fromkeys(
        field.name
        for field in (*fields(DailyStatistics), *fields(TradeStatistics))
        if field.name != _OF_BRACKETS
    ),
    "interval_low_usd",
    "interval_high_usd",
    "probabilistic_sharpe",
    *_OF_ACCOUNTS,
)
"""Names; ``breaches`` are rule sets whose account failed, of several accounts the worst counts."""


def list_figures(numbers: Mapping[str, Any]) -> dict[str, Statistic]:
    """Name -> value of every one of ``LIST_FIGURES``.

    Args:
        numbers: what ``eval-tools trades`` writes into metrics.json.
    """
    mean, accounts = numbers["mean_daily_pnl"], numbers["accounts"]
    found = numbers["days"] | numbers["trades"] | {
        "interval_low_usd": mean["low"],
        "interval_high_usd": mean["high"],
        "probabilistic_sharpe": numbers["probabilistic_sharpe"],
        "breaches": sum(one["outcome"].startswith("failed") for one in accounts),
        "account_max_drawdown_usd": max(one["max_drawdown_usd"] for one in accounts),
        "account_lowest_room_to_floor_usd": min(
            one["lowest_room_to_floor_usd"] for one in accounts
        ),
    }  # fmt: skip
    return {name: found[name] for name in LIST_FIGURES}

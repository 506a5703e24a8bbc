"""A judged trade list as the console shows it."""

from collections.abc import Mapping
from typing import Any

from eval_tools.formats import UNDEFINED, aligned, number, percent, usd, words
from eval_tools.requirements import Checked

_COLUMNS = (
    "rules",
    "outcome",
    "on",
    "max DD",
    "room to floor",
    "P(pass)",
    "attempts (effective)",
    "driftless",
    "formula",
    "above cap",
)

Shown = Mapping[str, Any]
"""What ``eval-tools trades`` writes into metrics.json, or a part of it."""


def headline(numbers: Shown) -> str:
    """One sentence: what the days show after costs, and what became of each account."""
    mean = numbers["mean_daily_pnl"]
    side = "above" if mean["low"] > 0 else "below" if mean["high"] < 0 else "around"
    accounts = ", ".join(
        f"{row['rules']}: {outcome_in_words(row)} ({row['date']})" for row in numbers["accounts"]
    )
    return (
        f"Mean daily P&L after costs {usd(mean['mean'])} USD, {mean['level']:.0%} interval "
        f"{usd(mean['low'])} .. {usd(mean['high'])}, {side} 0. {accounts}."
    )


def outcome_in_words(row: Shown) -> str:
    """What became of an account."""
    return {"active": "not decided"}.get(row["outcome"], words(row["outcome"]))


def trades_text(numbers: Shown, name: str) -> str:
    """What the console shows; no time and no path in it."""
    days, mean, trades = numbers["days"], numbers["mean_daily_pnl"], numbers["trades"]
    lines = [
        f"{name} on {numbers['data']['label']}",
        f"  {trades['trades']:,} trades, each inside its bar and its session; "
        f"win rate {percent(trades['win_rate'])}, profit factor {number(trades['profit_factor'])}, "
        f"{usd(trades['expectancy_usd'])} a trade",
        f"  net {usd(days['net_pnl_usd'])} USD; a day {usd(mean['mean'])}, "
        f"{mean['level']:.0%} interval {usd(mean['low'])} .. {usd(mean['high'])}; "
        f"Sharpe {number(days['sharpe'])}, above 0 with {percent(numbers['probabilistic_sharpe'])};"
        f" largest drawdown of closed days {number(days['max_drawdown_usd'], 0)}",
        *[f"  {Checked(**one)}" for one in numbers["requirements"]],
        "",
        *aligned([list(_COLUMNS), *map(_cells, numbers["accounts"])]),
        "",
        "  one account over the range; P(pass) from every session, overlapping attempts counted by",
        "  their effective number; driftless: the same entries, sizes and holding times without",
        "  costs on a martingale with the market's volatility; formula: of target and drawdown",
        "  alone, <= where it only bounds; lots that overlap are summed, and the bars of their",
        "  fills take the worse order, so that drawdown and breaches err against the account",
    ]
    return "\n".join(lines) + "\n"


def _cells(row: Shown) -> list[str]:
    chance, formula = row["passing"], row["formula"]
    counted = UNDEFINED if chance is None else f"{chance['attempts']} ({chance['effective']:.1f})"
    bound = "" if formula is None or formula["exact"] else "<= "
    return [
        row["rules"],
        outcome_in_words(row),
        row["date"],
        number(row["max_drawdown_usd"], 0),
        number(row["lowest_room_to_floor_usd"], 0),
        _share(chance),
        counted,
        _share(row["driftless"]),
        UNDEFINED if formula is None else bound + percent(formula["value"]),
        str(row["sizes_above_the_cap"]),
    ]


def _share(chance: Shown | None) -> str:
    if chance is None:
        return UNDEFINED
    ends = f"{percent(chance['low'], 0)} .. {percent(chance['high'], 0)}"
    return f"{percent(chance['share'])} ({ends})"

"""The table of attempts as the console shows it."""

from collections.abc import Mapping, Sequence
from typing import Any

from eval_tools.formats import UNDEFINED, aligned, number, percent, usd, words

_COLUMNS = (
    "rules",
    "size",
    "attempts (effective)",
    "P(pass)",
    "interval",
    "driftless",
    "formula",
    "sessions",
    "paid",
    "net of fees",
)

Shown = Mapping[str, Any]
"""A ``Row`` or a ``Chance`` as JSON has it."""


def attempts_text(rows: Sequence[Shown], label: str, level: float) -> str:
    """The table, then how the others ended and what is not known; no time and no path in it."""
    lines = [
        f"Attempts at evaluations on {label}",
        f"  interval: {level:.0%}, counting attempts that do not overlap",
        "  driftless: the same attempts without costs on a martingale with the market's volatility",
        "  formula: of target and drawdown alone, in steps of no size; <= where it only bounds",
        "  sessions: median to pass; paid, net of fees: USD an attempt, with the funded account",
        "",
        *aligned([list(_COLUMNS), *map(_cells, rows)]),
        "",
        *[f"  {row['rules']}, {row['size']}: {_endings(row)}" for row in rows],
    ]
    if missing := dict.fromkeys(
        f"{row['rules']}: {name}" for row in rows for name in row["unknown"]
    ):
        lines += ["", "Not known, so that nothing is net of it: " + "; ".join(missing)]
    return "\n".join(lines) + "\n"


def _cells(row: Shown) -> list[str]:
    one, null = row["passing"], row["driftless"]
    return [
        row["rules"],
        row["size"],
        f"{one['attempts']:,} ({one['effective']:.1f})",
        percent(one["share"]),
        _interval(one),
        UNDEFINED if null is None else f"{percent(null['share'])} ({_interval(null)})",
        _formula(row["formula"]),
        number(row["sessions_to_pass"], 0),
        usd(row["paid_usd"], 0),
        "unknown" if row["unknown"] else usd(row["net_usd"], 0),
    ]


def _formula(formula: Shown | None) -> str:
    if formula is None:
        return UNDEFINED
    return ("" if formula["exact"] else "<= ") + percent(formula["value"])


def _interval(one: Shown) -> str:
    return f"{percent(one['low'], 0)} .. {percent(one['high'], 0)}"


def _endings(row: Shown) -> str:
    told = {"active": "not decided"}
    found = row["outcomes"].items()
    return ", ".join(f"{told.get(name, words(name))} {count}" for name, count in found)

"""One row a rule set and size: how often it passes, why it fails, how long, what it pays."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from eval_tools.accounts.days import days_of
from eval_tools.accounts.life import Life
from eval_tools.attempts.chance import Chance, chance_of
from eval_tools.attempts.null import ClosedForm, closed_form
from eval_tools.attempts.plan import Attempt
from futures_env.accounts.rules import AccountRules
from futures_env.codes import AccountStatus

_OUTCOMES = tuple(code.name.lower() for code in AccountStatus)

ATTEMPT_COLUMNS = (
    "rules",
    "size",
    "session",
    "first_date",
    "outcome",
    "sessions",
    "profit_usd",
    "max_drawdown_usd",
    "end",
    "payouts",
    "paid_usd",
    "net_usd",
)
"""Columns of the table of attempts; ``net_usd`` is missing where a fee or a split is not known."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """What attempts at one rule set with one size came to.

    Attributes:
        passing: P(pass).
        driftless: of the same policy without costs on martingales; None: not simulated.
        formula: of the rule set, see ``closed_form``.
        outcomes: attempts by status; active: not decided when the horizon or the bars ended.
        sessions_to_pass: median over the passes; None without one.
        funded: attempts that went on to a funded account.
        paid_usd: mean of the payouts of an attempt, before the firm's part.
        net_usd: mean after fees and the firm's part; None: see ``unknown``.
        unknown: fees and splits that are not known.
    """

    rules: str
    size: str
    passing: Chance
    driftless: Chance | None
    formula: ClosedForm | None
    outcomes: dict[str, int]
    sessions_to_pass: float | None
    funded: int
    paid_usd: float
    net_usd: float | None
    unknown: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Tried:
    """Attempts and what became of them; those without a bar are left out."""

    attempts: Sequence[Attempt]
    lives: Sequence[Life]

    def __iter__(self) -> Iterator[tuple[Attempt, Life]]:
        pairs = zip(self.attempts, self.lives, strict=True)
        return ((one, life) for one, life in pairs if life.evaluations)

    @property
    def table(self) -> pd.DataFrame:
        """One row an attempt, ``ATTEMPT_COLUMNS``."""
        rows = [_attempt(one, life) for one, life in self]
        return pd.DataFrame(rows, columns=list(ATTEMPT_COLUMNS))

    def of(self, rules: str, size: str) -> "Tried":
        """Those at one rule set with one size."""
        mine = [pair for pair in self if (pair[0].rules.name, str(pair[0].stake)) == (rules, size)]
        return Tried(attempts=[one for one, _ in mine], lives=[life for _, life in mine])


def _attempt(attempt: Attempt, life: Life) -> dict[str, object]:
    stage = life.evaluations[0]
    path = stage.path.until(stage.verdict.bar + 1)
    return {
        "rules": attempt.rules.name,
        "size": str(attempt.stake),
        "session": attempt.session,
        "first_date": np.datetime64(int(path.date[0]), "D").astype("datetime64[s]"),
        "outcome": stage.verdict.outcome.name.lower(),
        "sessions": len(days_of(path).date),
        "profit_usd": stage.verdict.profit / 100,
        "max_drawdown_usd": int((path.high_water_mark - path.equity).max()) / 100,
        "end": str(life.end),
        "payouts": len(life.payouts),
        "paid_usd": life.paid / 100,
        "net_usd": np.nan if life.net is None else life.net / 100,
    }


def rows_of(tried: Tried, null: Tried | None, level: float) -> list[Row]:
    """One row a rule set and size, in the order of the attempts.

    Args:
        tried: the attempts.
        null: the same rule sets and sizes without costs on a martingale.
        level: coverage of the intervals.
    """
    kinds = {(one.rules.name, str(one.stake)): one.rules for one, _ in tried}
    return [
        _row(rules, size, tried.of(rules.name, size), null and null.of(rules.name, size), level)
        for (_, size), rules in kinds.items()
    ]


def _row(rules: AccountRules, size: str, tried: Tried, null: Tried | None, level: float) -> Row:
    table = tried.table
    passes = table[table["outcome"] == "passed"]
    outcomes = Counter(table["outcome"])
    unknown = _unknown(tried)
    return Row(
        rules=rules.name,
        size=size,
        passing=chance_of(table, level),
        driftless=None if null is None else chance_of(null.table, level),
        formula=closed_form(rules),
        outcomes={name: outcomes[name] for name in _OUTCOMES if outcomes[name]},
        sessions_to_pass=float(passes["sessions"].median()) if len(passes) else None,
        funded=sum(bool(life.funded) for life in tried.lives),
        paid_usd=float(table["paid_usd"].mean()),
        net_usd=None if unknown else float(table["net_usd"].mean()),
        unknown=unknown,
    )


def _unknown(tried: Tried) -> tuple[str, ...]:
    """Fees and splits that were due and are not known, each once."""
    fees = [f"{fee} fee" for life in tried.lives for fee in life.costs.unknown]
    splits = ["split" for life in tried.lives for one in life.payouts if one.kept is None]
    return tuple(dict.fromkeys(fees + splits))

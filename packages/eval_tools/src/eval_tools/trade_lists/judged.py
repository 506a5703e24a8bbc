"""A trade list judged under rule sets: one account over the range, attempts from every session."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from eval_tools.accounts.days import days_of
from eval_tools.accounts.path import AccountPath, Terms
from eval_tools.accounts.verdict import Verdict, verdict
from eval_tools.attempts.chance import chance_of
from eval_tools.attempts.null import closed_form
from eval_tools.rollout.accounts import HostBars
from eval_tools.trade_lists.account import account_of
from eval_tools.trade_lists.lots import Lots
from futures_env.accounts.rules import AccountRules


@dataclass(frozen=True, kw_only=True)
class Range:
    """Rows of the market that the list covers: whole sessions, of its first to its last trade."""

    first_row: int
    last_row: int

    @classmethod
    def of(cls, lots: Lots, bars: HostBars) -> "Range":
        """From the session of the first entry to that of the last exit."""
        session = bars.session
        ends = session[lots.entry_row.min()], session[lots.exit_row.max()]
        first, last = np.searchsorted(session, ends[0]), np.searchsorted(session, ends[1] + 1) - 1
        return cls(first_row=int(first), last_row=int(last))


@dataclass(frozen=True, kw_only=True)
class Side:
    """Lots and the bars that they are judged on.

    Attributes:
        terms: costs of the market.
    """

    lots: Lots
    bars: HostBars
    terms: Terms


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What a rule set says of a list.

    Attributes:
        row: ready for JSON.
        path: of one account over the range, to what decided it.
    """

    row: dict[str, Any]
    path: AccountPath


def judged(
    own: Side, rules: Sequence[AccountRules], *, days: int, level: float, null: Side | None = None
) -> list[Judged]:
    """One verdict a rule set.

    Args:
        own: the list.
        rules: rule sets.
        days: sessions after which an attempt counts as not decided.
        level: coverage of the interval of P(pass).
        null: the same lots on a matched martingale without costs; None: there is none.
    """
    span = Range.of(own.lots, own.bars)
    found = []
    for one in rules:
        whole = account_of(own.lots, own.bars, one, own.terms, span.first_row, span.last_row)
        decided = verdict(whole, one)
        path = whole.until(decided.bar + 1)
        row = _account(path, one, decided)
        if one.profit_target:
            formula = closed_form(one)
            row |= {
                "passing": _passing(own, one, span, days, level),
                "driftless": None if null is None else _passing(null, one, span, days, level),
                "formula": None if formula is None else asdict(formula),
            }
        found.append(Judged(row=row, path=path))
    return found


def _account(path: AccountPath, rules: AccountRules, found: Verdict) -> dict[str, Any]:
    """One account up to its verdict; nothing yet of P(pass)."""
    return {
        "rules": rules.name,
        "outcome": found.outcome.name.lower(),
        "date": str(np.datetime64(found.date, "D")),
        "balance_usd": int(path.balance[-1]) / 100,
        "max_drawdown_usd": max_drawdown_usd(path),
        "lowest_room_to_floor_usd": int((path.equity - path.floor).min()) / 100,
        "waits_for": list(found.waits_for),
        "sizes_above_the_cap": sum(one.rule == "max_contracts" for one in found.breaches),
        "passing": None,
        "driftless": None,
        "formula": None,
    }


def _passing(
    side: Side, rules: AccountRules, span: Range, days: int, level: float
) -> dict[str, Any] | None:
    tries = attempts_of(side, rules, span, days)
    return asdict(chance_of(tries, level)) if len(tries) else None


def max_drawdown_usd(path: AccountPath) -> float:
    """From the marked peak to the close of a bar."""
    return int((path.high_water_mark - path.equity).max()) / 100


def attempts_of(side: Side, rules: AccountRules, span: Range, days: int) -> pd.DataFrame:
    """One attempt from each session that leaves ``days`` sessions: session, sessions, outcome."""
    bars = side.bars
    sessions = np.unique(bars.session[span.first_row : span.last_row + 1])
    rows = []
    for session in sessions[: max(len(sessions) - days + 1, 0)]:
        first = int(np.searchsorted(bars.session, session))
        path = account_of(side.lots, bars, rules, side.terms, first, bars.last_row(first, days))
        found = verdict(path, rules)
        lasted = len(days_of(path.until(found.bar + 1)).date)
        rows.append((int(session), lasted, found.outcome.name.lower()))
    return pd.DataFrame(rows, columns=["session", "sessions", "outcome"])


def daily_usd(lots: Lots, bars: HostBars) -> pd.Series:
    """Net P&L by trading day of the range, 0 on days without an exit."""
    span = Range.of(lots, bars)
    date = bars.columns["date"]
    days = pd.Series(0.0, index=np.unique(date[span.first_row : span.last_row + 1]))
    by_day = pd.Series(lots.net / 100).groupby(date[lots.exit_row]).sum()
    found = days.add(by_day, fill_value=0.0)
    return found.set_axis(pd.to_datetime(found.index.to_numpy().astype("datetime64[D]")))

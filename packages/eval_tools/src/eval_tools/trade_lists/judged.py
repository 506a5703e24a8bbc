"""A trade list judged under rule sets: one account over the range, attempts from every session."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from eval_tools.accounts.days import days_of
from eval_tools.accounts.path import AccountPath, Terms
from eval_tools.accounts.verdict import verdict
from eval_tools.attempts.chance import chance_of
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


def judged(
    lots: Lots,
    bars: HostBars,
    rules: Sequence[AccountRules],
    terms: Terms,
    *,
    days: int,
    level: float,
) -> list[dict[str, Any]]:
    """One row a rule set, ready for JSON.

    Args:
        lots: of the list.
        bars: of the market.
        rules: rule sets.
        terms: costs of the market.
        days: sessions after which an attempt counts as not decided.
        level: coverage of the interval of P(pass).
    """
    span = Range.of(lots, bars)
    return [_judged(lots, bars, one, terms, span, days, level) for one in rules]


def _judged(
    lots: Lots,
    bars: HostBars,
    rules: AccountRules,
    terms: Terms,
    span: Range,
    days: int,
    level: float,
) -> dict[str, Any]:
    path = account_of(lots, bars, rules, terms, span.first_row, span.last_row)
    found = verdict(path, rules)
    row = {
        "rules": rules.name,
        "outcome": found.outcome.name.lower(),
        "date": str(np.datetime64(found.date, "D")),
        "balance_usd": int(path.balance[-1]) / 100,
        "max_drawdown_usd": max_drawdown_usd(path),
        "lowest_room_to_floor_usd": int((path.equity - path.floor).min()) / 100,
        "waits_for": list(found.waits_for),
        "sizes_above_the_cap": sum(one.rule == "max_contracts" for one in found.breaches),
        "passing": None,
    }
    if rules.profit_target:
        tries = attempts_of(lots, bars, rules, terms, span, days)
        row["passing"] = vars(chance_of(tries, level)) if len(tries) else None
    return row


def max_drawdown_usd(path: AccountPath) -> float:
    """From the marked peak to the close of a bar."""
    return int((path.high_water_mark - path.equity).max()) / 100


def attempts_of(
    lots: Lots, bars: HostBars, rules: AccountRules, terms: Terms, span: Range, days: int
) -> pd.DataFrame:
    """One attempt from each session that leaves ``days`` sessions: session, sessions, outcome."""
    sessions = np.unique(bars.session[span.first_row : span.last_row + 1])
    rows = []
    for session in sessions[: max(len(sessions) - days + 1, 0)]:
        first = int(np.searchsorted(bars.session, session))
        path = account_of(lots, bars, rules, terms, first, bars.last_row(first, days))
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

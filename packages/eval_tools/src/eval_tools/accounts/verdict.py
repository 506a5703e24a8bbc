"""What became of an account: failed, passed with every rule of the firm, or neither yet."""

from dataclasses import dataclass, field

import numpy as np

from eval_tools.accounts.conduct import Breach, breaches
from eval_tools.accounts.consistency import required_profit, within_share
from eval_tools.accounts.days import best_day_so_far, days_traded_so_far
from eval_tools.accounts.path import AccountPath, Flags, cents
from futures_env.accounts.rules import AccountRules
from futures_env.codes import AccountStatus, PassTest


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The account judged; money in cents.

    Attributes:
        outcome: ACTIVE where the bars ended before a decision.
        bar: bar that decided, the last one where none did.
        date: its trading day, days since 1970-01-01.
        profit: balance less start balance after that bar.
        days_traded: sessions with an entry up to it.
        best_day: largest profit of a day up to it.
        required_profit: profit that would pass, raised by the best day where the rules say so.
        waits_for: what a pass still lacks: profit, days, consistency, end_of_day, flat.
        breaches: rules on single trades broken up to it; they are reported and decide nothing.
    """

    outcome: AccountStatus
    bar: int
    date: int
    profit: int
    days_traded: int
    best_day: int
    required_profit: int
    waits_for: tuple[str, ...]
    breaches: list[Breach] = field(repr=False)


def verdict(path: AccountPath, rules: AccountRules) -> Verdict:
    """Judge an account by all of its rules; a failure comes before a pass of the same bar.

    Args:
        path: with the statuses of the simulator (``checker.check`` verifies them).
        rules: of the account; a funded one does not pass.
    """
    lacking = lacks(path, rules)
    passing = ~np.any(list(lacking.values()), axis=0) & (rules.profit_target > 0)
    failed = path.status >= AccountStatus.FAILED_DRAWDOWN
    decided = np.flatnonzero(passing | failed)
    bar = int(decided[0]) if len(decided) else len(path) - 1
    outcome = AccountStatus.ACTIVE
    if len(decided):
        outcome = AccountStatus(path.status[bar]) if failed[bar] else AccountStatus.PASSED
    best = best_day_so_far(path)[bar : bar + 1]
    waiting = outcome == AccountStatus.ACTIVE and rules.profit_target > 0
    return Verdict(
        outcome=outcome,
        bar=bar,
        date=int(path.date[bar]),
        profit=int(path.balance[bar]) - cents(rules.start_balance),
        days_traded=int(days_traded_so_far(path)[bar]),
        best_day=int(best[0]),
        required_profit=int(required_profit(rules, best)[0]),
        waits_for=tuple(name for name, flags in lacking.items() if flags[bar]) if waiting else (),
        breaches=breaches(path.until(bar + 1), rules),
    )


def lacks(path: AccountPath, rules: AccountRules) -> dict[str, Flags]:
    """(N,) for each condition of a pass, whether it is not met after each bar."""
    profit = path.balance - cents(rules.start_balance)
    best = best_day_so_far(path)
    enough = profit >= required_profit(rules, best)
    blocked = rules.best_day_effect == "blocks_pass"
    consistent = within_share(rules, best, profit) | (not blocked)
    at_end = path.session_last | (rules.pass_test == PassTest.TOUCH)
    return {
        "profit": ~enough,
        "days": days_traded_so_far(path) < rules.min_days,
        "consistency": ~consistent,
        "end_of_day": ~at_end,
        "flat": (path.position >= 0) & ~path.closed,
    }

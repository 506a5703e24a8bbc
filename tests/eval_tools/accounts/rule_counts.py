"""How often each rule of a rule set acted in an account: what a random run must have met."""

import re
from collections import Counter

import numpy as np

from eval_tools.accounts.checker import recompute
from eval_tools.accounts.conduct import breaches
from eval_tools.accounts.consistency import required_profit, within_share
from eval_tools.accounts.days import best_day_so_far, days_of, days_traded_so_far
from eval_tools.accounts.path import AccountPath, cents
from eval_tools.accounts.payouts import payout_allowed, qualifying_days
from eval_tools.accounts.tiers import most_contracts, tiers_in_force
from futures_env import AccountRules, DrawdownMode, Lock
from tests.eval_tools.accounts.random_accounts import Account


def group_of(name: str) -> str:
    """Rows that differ by numbers only share a run: the name without its size."""
    return re.sub(r"-\d+k", "", name)


def rules_of_row(rules: AccountRules) -> set[str]:
    """The rules that a row has, each to be met."""
    names = {"exit_stop", "exit_target", "exit_session_close", "exit_liquidation",
             "became_failed_drawdown", "contract_cap"}  # fmt: skip
    moves = rules.drawdown_mode != DrawdownMode.STATIC
    optional = {
        "floor_raised_by_mark": rules.drawdown_mode == DrawdownMode.INTRADAY,
        "floor_raised_at_close": rules.drawdown_mode == DrawdownMode.END_OF_DAY,
        "floor_locked": moves and rules.lock != Lock.NONE,
        "became_passed": rules.profit_target > 0,
        "waits_for_min_days": rules.min_days > 1,
        "became_failed_time": rules.max_days > 0,
        "exit_daily_loss_limit": rules.daily_loss_limit > 0,
        "daily_limit": rules.daily_loss_limit > 0,
        "best_day": rules.best_day_share > 0,
        "mae": rules.mae_share > 0,
        "stop_to_target": rules.max_stop_to_target > 0,
        "qualifying_day": rules.payouts is not None,
        "request_balance": rules.payouts is not None,
        "payout_allowed": rules.payouts is not None,
    }
    tiers = {f"tier_{number}" for number in range(1, len(rules.tiers) + 1)}
    return names | tiers | {name for name, has in optional.items() if has}


def count_rules(account: Account) -> Counter[str]:
    """How often each rule acted in ``account``."""
    path, rules = account.path, account.rules
    fired = recompute(path, rules).fired
    counts = Counter({name: int(flags.sum()) for name, flags in fired.items()})
    minis, _ = tiers_in_force(rules, path.session_start)
    cap = most_contracts(rules, minis, micro=path.terms.micro)
    at_cap = path.entered & (path.entry_contracts == cap) & (account.asked > cap)
    counts["contract_cap"] = int(at_cap.sum())
    counts.update(_tiers(path, rules))
    counts.update(breach.rule for breach in breaches(path, rules))
    counts["best_day"] = _best_day(path, rules)
    counts.update(_payouts(path, rules))
    return counts


def _tiers(path: AccountPath, rules: AccountRules) -> Counter[str]:
    """Sessions begun in each tier."""
    profit = days_of(path).start - cents(rules.start_balance)
    begins = [cents(row[0]) for row in rules.tiers]
    number = np.maximum(np.searchsorted(begins, profit, side="right"), 1)
    return Counter(f"tier_{tier}" for tier in number) if begins else Counter()


def _best_day(path: AccountPath, rules: AccountRules) -> int:
    """Bars or days on which the best day alone stood in the way."""
    if not rules.best_day_share:
        return 0
    profit, best = path.balance - cents(rules.start_balance), best_day_so_far(path)
    if rules.best_day_effect == "blocks_payout":
        days = days_of(path)
        gains = np.maximum.accumulate(np.maximum(days.profit, 0))
        total = np.cumsum(days.profit)
        return int(((total > 0) & ~within_share(rules, gains, total)).sum())
    reached = (profit >= cents(rules.profit_target)) & (days_traded_so_far(path) >= rules.min_days)
    if rules.best_day_effect == "raises_target":
        return int((reached & (profit < required_profit(rules, best))).sum())
    return int((reached & ~within_share(rules, best, profit)).sum())


def _payouts(path: AccountPath, rules: AccountRules) -> Counter[str]:
    if rules.payouts is None:
        return Counter()
    days = days_of(path)
    enough = qualifying_days(rules, days.profit) >= rules.payouts.qualifying_days
    poor = days.end < cents(rules.payouts.request_balance)
    return Counter(
        qualifying_day=int((days.profit >= cents(rules.payouts.qualifying_day_profit)).sum()),
        request_balance=int((enough & poor).sum()),
        payout_allowed=int(payout_allowed(rules, days).sum()),
    )

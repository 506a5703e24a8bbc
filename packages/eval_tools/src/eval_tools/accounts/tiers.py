"""Tiers: contract cap and daily loss limit by the profit with which a session begins."""

import numpy as np

from eval_tools.accounts.path import Ints, cents
from futures_env.accounts.rules import AccountRules


def tiers_in_force(rules: AccountRules, session_start: Ints) -> tuple[Ints, Ints]:
    """(most minis, daily loss limit in cents, 0 for none) in sessions begun with these balances.

    Args:
        rules: the rule set.
        session_start: (N,) balances in cents.
    """
    rows = rules.tiers or ((0, rules.max_contracts_mini, rules.daily_loss_limit),)
    begins = np.array([cents(row[0]) for row in rows])
    profit = session_start - cents(rules.start_balance)
    # a loss leaves the account in its first tier
    tier = np.maximum(np.searchsorted(begins, profit, side="right") - 1, 0)
    minis = np.array([row[1] for row in rows], np.int64)
    limits = np.array([cents(row[2]) for row in rows], np.int64)
    return minis[tier], limits[tier]


def most_contracts(rules: AccountRules, minis: Ints, *, micro: bool) -> Ints:
    """What ``minis`` are in contracts: themselves, or ``micro_ratio`` micros each."""
    return minis * (rules.micro_ratio if micro else 1)

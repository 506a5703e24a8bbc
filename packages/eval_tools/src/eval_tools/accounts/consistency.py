"""Consistency: how much of the profit the best day may make up, and what follows if it is more.

The three effects: ``blocks_pass`` and ``blocks_payout`` wait until other days have caught up;
``raises_target`` asks for more profit, so much that the best day is within its share of it.
"""

from fractions import Fraction
from math import ceil

import numpy as np

from eval_tools.accounts.path import Flags, Ints, cents
from futures_env.accounts.rules import AccountRules


def within_share(rules: AccountRules, best_day: Ints, profit: Ints) -> Flags:
    """Whether the best day is small enough a part of the profit; (N,) cents each.

    Without profit no best day is.
    """
    share = Fraction(str(rules.best_day_share))
    # share = n / d: best <= profit x n / d, in whole numbers
    left, right = best_day * share.denominator, profit * share.numerator
    within = left <= right if rules.best_day_may_equal else left < right
    return within & (profit > 0)


def required_profit(rules: AccountRules, best_day: Ints) -> Ints:
    """Profit that passes, in cents, after a best day of (N,) cents."""
    target = np.full(len(best_day), cents(rules.profit_target), np.int64)
    if rules.best_day_effect != "raises_target":
        return target
    share = Fraction(str(rules.best_day_share))
    raised = np.array([ceil(int(best) / share) for best in best_day], np.int64)
    return np.maximum(target, raised)

"""Payouts of a funded account: on which day one may be requested, and how much it is."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from eval_tools.accounts.consistency import within_share
from eval_tools.accounts.days import Days
from eval_tools.accounts.path import Flags, Ints, cents
from futures_env.accounts.rules import AccountRules


@dataclass(frozen=True, kw_only=True)
class Payout:
    """One payout, in cents.

    Attributes:
        number: 1 for the first.
        day: index of the day at whose close it was requested.
        date: that trading day, days since 1970-01-01.
        amount: taken from the account.
        capped: whether the ladder's cap was known; if not, the firm may pay less.
        kept: the trader's part of it; None: the split is not known.
    """

    number: int
    day: int
    date: int
    amount: int
    capped: bool
    kept: int | None


def qualifying_days(rules: AccountRules, profit: Ints) -> Ints:
    """(D,) days up to each that earned enough to count, of (D,) daily profits since a payout."""
    if rules.payouts is None:
        return np.zeros(len(profit), np.int64)
    return np.cumsum(profit >= cents(rules.payouts.qualifying_day_profit), dtype=np.int64)


def payout_allowed(rules: AccountRules, days: Days) -> Flags:
    """(D,) whether a payout may be requested at the close of each day since the last payout.

    Enough qualifying days, the request balance reached, the safety net exceeded, the best day
    within its share of the profit since the last payout. Never where the ladder is not known.
    """
    ladder = rules.payouts
    if ladder is None:
        return np.zeros(len(days.date), bool)
    allowed = (
        (qualifying_days(rules, days.profit) >= ladder.qualifying_days)
        & (days.end >= cents(ladder.request_balance))
        & above_safety_net(rules, days.end)
    )
    if rules.best_day_effect == "blocks_payout":
        best = np.maximum.accumulate(np.maximum(days.profit, 0))
        allowed &= within_share(rules, best, np.cumsum(days.profit))
    return allowed


def above_safety_net(rules: AccountRules, end: Ints) -> Flags:
    """Whether closing balances, (D,) cents, exceed the safety net; all do where there is none."""
    if not rules.safety_net:
        return np.ones(len(end), bool)
    return end > cents(rules.start_balance) + cents(rules.safety_net)


def payout_amount(rules: AccountRules, number: int, balance: int, floor: int) -> int:
    """Most that payout ``number`` takes: its cap, and no more than leaves the account alive.

    The balance stays a cent above the floor and, where there is one, on the safety net.
    """
    least = floor + 1
    if rules.safety_net:
        least = max(least, cents(rules.start_balance) + cents(rules.safety_net))
    cap = payout_cap(rules, number)
    room = max(balance - least, 0)
    return room if cap is None else min(cap, room)


def payout_cap(rules: AccountRules, number: int) -> int | None:
    """Cap of payout ``number``, 1 for the first, in cents; None: not known."""
    caps = rules.payouts.caps if rules.payouts else ()
    return cents(caps[number - 1]) if number <= len(caps) else None


def next_payout(rules: AccountRules, days: Days, floor: Ints, number: int) -> Payout | None:
    """The first payout that the days since the last one allow, requested as soon as it may be.

    Args:
        rules: of the funded account.
        days: since the last payout, of a living account.
        floor: (D,) floor in cents at each day's close.
        number: of the payout, 1 for the first.
    """
    last = rules.payouts.max_payouts if rules.payouts else 0
    if last is not None and number > last:
        return None
    for day in np.flatnonzero(payout_allowed(rules, days)):
        amount = payout_amount(rules, number, int(days.end[day]), int(floor[day]))
        if amount > 0:
            return Payout(
                number=number,
                day=int(day),
                date=int(days.date[day]),
                amount=amount,
                capped=payout_cap(rules, number) is not None,
                kept=_split(rules, amount),
            )
    return None


def _split(rules: AccountRules, amount: int) -> int | None:
    share = rules.payouts.split if rules.payouts else None
    if share is None:
        return None
    part = Fraction(str(share))
    return amount * part.numerator // part.denominator

"""Rules on single trades: size, open loss (MAE), stop against target. Broken, they are reported."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from eval_tools.accounts.path import AccountPath, Ints, cents
from eval_tools.accounts.tiers import most_contracts, tiers_in_force
from futures_env.accounts.rules import AccountRules


@dataclass(frozen=True, kw_only=True)
class Breach:
    """A trade that broke a rule: what it did against what was allowed.

    Attributes:
        rule: max_contracts, mae or stop_to_target.
        bar: bar of the account in which it was broken.
        value, allowed: contracts, cents or ticks.
    """

    rule: str
    bar: int
    value: int
    allowed: int


def breaches(path: AccountPath, rules: AccountRules) -> list[Breach]:
    """Every broken rule on single trades, by bar."""
    found = size_breaches(path, rules) + mae_breaches(path, rules) + bracket_breaches(path, rules)
    return sorted(found, key=lambda breach: breach.bar)


def size_breaches(path: AccountPath, rules: AccountRules) -> list[Breach]:
    """Entries of more contracts than the tier in force allows, micros by ``micro_ratio``."""
    minis, _ = tiers_in_force(rules, path.session_start)
    allowed = most_contracts(rules, minis, micro=path.terms.micro)
    bars = np.flatnonzero(path.entry_contracts > allowed)
    return _breaches("max_contracts", bars, path.entry_contracts[bars], allowed[bars])


def mae_allowed(rules: AccountRules, session_start: Ints) -> Ints:
    """Most open loss in cents of a trade in sessions begun with these balances, (N,) cents.

    A share of the profit; up to the safety net of the drawdown instead; from twice the safety net
    on the raised share of the profit.
    """
    profit = session_start - cents(rules.start_balance)
    safety_net = cents(rules.safety_net)
    share = Fraction(str(rules.mae_share))
    raised = Fraction(str(rules.mae_share_raised or rules.mae_share))
    low, high = profit <= safety_net, profit >= 2 * safety_net
    base = np.where(low, cents(rules.drawdown), profit)
    by_share = base * share.numerator // share.denominator
    by_raised = base * raised.numerator // raised.denominator
    return np.where(high & ~low, by_raised, by_share)


def mae_breaches(path: AccountPath, rules: AccountRules) -> list[Breach]:
    """Bars in which the open loss of a trade, before commission, first exceeded what is allowed.

    The adverse extreme counts, or the exit where the trade did not live to see it.
    """
    if not rules.mae_share:
        return []
    loss = open_loss(path)
    allowed = mae_allowed(rules, path.session_start)
    bars = np.flatnonzero(loss > allowed)
    _, first = np.unique(path.position[bars], return_index=True)  # once for each trade
    bars = bars[first]
    return _breaches("mae", bars, loss[bars], allowed[bars])


def open_loss(path: AccountPath) -> Ints:
    """(N,) largest open loss in cents within each bar, before commission; 0 when flat or winning.

    In the bar that ended the trade the adverse extreme counts where it came before the exit: at a
    session's close, and at a target unless the bar opened there or the favourable extreme is known
    to have come first. Otherwise the exit price.
    """
    held = path.position
    entry = np.maximum(held, 0)
    side, price = path.entry_side[entry], path.entry_price[entry]
    target = price + side * path.entry_target[entry]
    gapped = (held < np.arange(len(path))) & (side * (path.open - target) >= 0)
    favourable_first = path.extreme_order == np.where(side > 0, 2, 1)
    at_target = (path.exit_reason == 2) & ~gapped & ~favourable_first
    saw_adverse = ~path.closed | (path.exit_reason == 3) | at_target
    worst = np.where(saw_adverse, np.where(side > 0, path.low, path.high), path.exit_price)
    loss = (price - worst) * side * path.entry_contracts[entry] * path.terms.tick_value_cents
    return np.where(held >= 0, np.maximum(loss, 0), 0)


def bracket_breaches(path: AccountPath, rules: AccountRules) -> list[Breach]:
    """Entries whose stop lies farther away than the allowed multiple of the target distance."""
    if not rules.max_stop_to_target:
        return []
    most = Fraction(str(rules.max_stop_to_target))
    allowed = path.entry_target * most.numerator // most.denominator
    bars = np.flatnonzero(path.entered & (path.entry_stop > allowed))
    return _breaches("stop_to_target", bars, path.entry_stop[bars], allowed[bars])


def _breaches(rule: str, bars: Ints, values: Ints, allowed: Ints) -> list[Breach]:
    return [
        Breach(rule=rule, bar=int(bar), value=int(value), allowed=int(most))
        for bar, value, most in zip(bars, values, allowed, strict=True)
    ]

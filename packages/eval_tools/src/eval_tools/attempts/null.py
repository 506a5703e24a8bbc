"""What a rule set lets pass without any edge, in closed form where one holds."""

from dataclasses import dataclass
from math import exp

from futures_env.accounts.rules import AccountRules
from futures_env.codes import DrawdownMode, Lock


@dataclass(frozen=True, kw_only=True)
class ClosedForm:
    """P(pass) of a driftless account that trades without costs, in steps of no size.

    Attributes:
        value: the probability.
        exact: whether it holds, or bounds the probability from above.
    """

    value: float
    exact: bool


def closed_form(rules: AccountRules) -> ClosedForm | None:
    """The formula for target T and drawdown D, by optional stopping; None where none is known.

    A floor that trails every new peak and does not lock below the target: exp(-T / D). A static
    one: D / (T + D), which bounds every account whose floor only rises. Daily limits, least days
    and consistency make it smaller still, so that with them the formula is a bound.
    """
    target, drawdown = rules.profit_target, rules.drawdown
    if not target:
        return None
    plain = not (rules.daily_loss_limit or rules.tiers or rules.min_days or rules.max_days)
    plain = plain and not rules.best_day_effect
    trails = rules.drawdown_mode == DrawdownMode.INTRADAY
    if trails and rules.lock in (Lock.NONE, Lock.TARGET_BALANCE):
        return ClosedForm(value=exp(-target / drawdown), exact=plain)
    static = rules.drawdown_mode == DrawdownMode.STATIC
    return ClosedForm(value=drawdown / (target + drawdown), exact=plain and static)

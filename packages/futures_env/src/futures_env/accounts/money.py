"""What an account costs and pays: fees, payout ladder. An amount that is not known is None."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Fees:
    """Fees in US dollars; None: not known (never 0 by default).

    Attributes:
        evaluation: price of one attempt.
        reset: price of a fresh start after a failure.
        activation: price of the funded account.
        verified_on: ISO date of the prices, "" where none is known.
        source: where they stand.
    """

    evaluation: float | None = None
    reset: float | None = None
    activation: float | None = None
    verified_on: str = ""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class PayoutRules:
    """When a funded account pays, and how much; money in US dollars.

    Attributes:
        qualifying_days: days since the last payout with at least ``qualifying_day_profit``.
        qualifying_day_profit: least profit of such a day.
        request_balance: least closing balance at which a payout may be requested.
        caps: most paid by the first, second, ... payout; empty: not known.
        max_payouts: payouts the account makes; None: not known.
        split: share of a payout that the trader keeps; None: not known.
    """

    qualifying_days: int = 0
    qualifying_day_profit: float = 0
    request_balance: float = 0
    caps: tuple[float, ...] = ()
    max_payouts: int | None = None
    split: float | None = None

"""What accounts cost: the fees of a chain of attempts. An unknown fee is named, never 0."""

from dataclasses import dataclass

from eval_tools.accounts.path import cents
from futures_env.accounts.money import Fees


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Fees paid, in cents.

    Attributes:
        known: sum of the fees whose price is known.
        unknown: the fees that were due at a price that is not known, by name, each once.
        verified_on: day of the prices, "" where none is known.
    """

    known: int
    unknown: tuple[str, ...]
    verified_on: str

    @property
    def total(self) -> int | None:
        """The sum, None where a part of it is not known."""
        return None if self.unknown else self.known


def costs(fees: Fees, *, evaluations: int, resets: int, activations: int) -> Costs:
    """Fees of so many evaluations bought, accounts reset and funded accounts activated."""
    due = {
        "evaluation": (fees.evaluation, evaluations),
        "reset": (fees.reset, resets),
        "activation": (fees.activation, activations),
    }
    return Costs(
        known=sum(cents(price) * count for price, count in due.values() if price is not None),
        unknown=tuple(name for name, (price, count) in due.items() if count and price is None),
        verified_on=fees.verified_on,
    )

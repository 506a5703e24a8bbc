"""What a result has to meet: ``sharpe>2``, ``breaches==0``."""

import operator
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields

from eval_tools.formats import figure
from eval_tools.measures.statistics import DailyStatistics, Statistic, TradeStatistics
from futures_env import ArgumentError

_TESTS = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
_FORM = re.compile(rf"\s*(\w+)\s*({'|'.join(_TESTS)})\s*(\S+)\s*")

_OTHER_FIGURES = (
    "interval_low_usd",
    "interval_high_usd",
    "probabilistic_sharpe",
    "deflated_sharpe",
    "exposure",
    "breaches",
    "illegal_actions",
    "account_net_pnl_usd",
    "account_max_drawdown_usd",
    "account_lowest_room_to_floor_usd",
)
POLICY_FIGURES = (
    *dict.fromkeys(field.name for field in (*fields(DailyStatistics), *fields(TradeStatistics))),
    *_OTHER_FIGURES,
)
"""Figures of the policy under test that a requirement may name."""


class RequirementError(RuntimeError):
    """A result does not meet what was required of it."""


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """One comparison of a figure with a number."""

    figure: str
    test: str
    bound: float

    @classmethod
    def parse(cls, text: str, known: Collection[str]) -> "Requirement":
        """Read ``figure test number``.

        Raises:
            ArgumentError: it has another form, or names a figure that is not ``known``.
        """
        found = _FORM.fullmatch(text)
        bound = None if found is None else _number(found.group(3))
        if found is None or bound is None:
            raise ArgumentError(
                f"--require {text!r}: write a figure, one of {' '.join(_TESTS)}, and a number, "
                "e.g. 'sharpe>2'"
            )
        if found.group(1) not in known:
            raise ArgumentError(
                f"--require {text!r}: no such figure {found.group(1)}; known: "
                f"{', '.join(sorted(known))}"
            )
        return cls(figure=found.group(1), test=found.group(2), bound=bound)

    def __str__(self) -> str:
        return f"{self.figure}{self.test}{self.bound:g}"

    def check(self, figures: Mapping[str, Statistic]) -> "Checked":
        """Compare; a figure that is undefined (None) meets nothing."""
        value = figures[self.figure]
        met = value is not None and bool(_TESTS[self.test](value, self.bound))
        return Checked(requirement=str(self), value=value, met=met)


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A requirement and what was found."""

    requirement: str
    value: Statistic
    met: bool

    def __str__(self) -> str:
        """``REQUIRED sharpe>2: NOT MET, 1.2``."""
        return (
            f"REQUIRED {self.requirement}: {'met' if self.met else 'NOT MET'}, {figure(self.value)}"
        )


def parse_requirements(
    texts: Sequence[str], known: Collection[str] = POLICY_FIGURES
) -> tuple[Requirement, ...]:
    """All requirements of a command.

    Raises:
        ArgumentError: see ``Requirement.parse``.
    """
    return tuple(Requirement.parse(text, known) for text in texts)


def require_all(checked: Sequence[Checked]) -> None:
    """Raise unless all are met.

    Raises:
        RequirementError: naming each that is not, with the value found.
    """
    failed = [f"{one.requirement} (found {figure(one.value)})" for one in checked if not one.met]
    if failed:
        raise RequirementError(f"required and not met: {'; '.join(failed)}")


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None

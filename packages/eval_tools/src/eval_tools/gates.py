"""What a phase must show before the next step is taken: measured values against stated limits."""

import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from eval_tools.formats import bounds, words
from eval_tools.measures.bootstrap import mean_interval
from eval_tools.measures.results import PolicyResult
from eval_tools.measures.statistics import daily_statistics, trade_statistics

ENTROPY_FLOOR = 0.05
"""Nats over states with a choice under which Phase 1 has stopped exploring."""
ENTROPY_FLOOR_PHASE2 = 0.15
LEAST_USE = 0.005
"""Share of the states in which an action is legal that a living policy uses it in."""

Rows = Sequence[Mapping[str, Any]]
"""Rows of metrics.jsonl."""

_HOLDS = {">": operator.gt, ">=": operator.ge, "<=": operator.le}


class GateError(RuntimeError):
    """A gate failed; the message names it with what was measured."""


@dataclass(frozen=True, kw_only=True)
class Gate:
    """One condition and whether it holds; a value that is not a number never does.

    Attributes:
        name: what is measured, with its unit.
        relation: of value to limit: ``>``, ``>=`` or ``<=``.
    """

    name: str
    value: float
    relation: str
    limit: float

    @property
    def passed(self) -> bool:
        """Whether the value keeps the limit."""
        return math.isfinite(self.value) and bool(_HOLDS[self.relation](self.value, self.limit))

    @property
    def text(self) -> str:
        """One line for a console."""
        outcome = "pass" if self.passed else "FAIL"
        return f"{outcome}  {self.name}: {self.value:,.4g} {self.relation} {self.limit:,.4g}"

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Gate":
        """What ``as_row`` made."""
        value = math.nan if row["value"] is None else row["value"]
        return cls(name=row["name"], value=value, relation=row["relation"], limit=row["limit"])

    def as_row(self) -> dict[str, Any]:
        """For JSON: a value that is not a number is null."""
        value = self.value if math.isfinite(self.value) else None
        return asdict(self) | {"value": value, "passed": self.passed}


def above(name: str, value: float, limit: float) -> Gate:
    """The value must exceed the limit."""
    return Gate(name=name, value=float(value), relation=">", limit=float(limit))


def require_all(gates: Sequence[Gate]) -> None:
    """Nothing, where every gate passed.

    Raises:
        GateError: naming those that failed.
    """
    failed = [gate.text.removeprefix("FAIL").strip() for gate in gates if not gate.passed]
    if failed:
        raise GateError(f"{len(failed)} of {len(gates)} gates failed: {'; '.join(failed)}")


def phase1_gates(
    result: PolicyResult, baselines: Mapping[str, PolicyResult], rows: Rows, *, seed: int = 0
) -> list[Gate]:
    """What Phase 1 must show on held sessions before its transfer.

    Args:
        result: the policy on the held sessions.
        baselines: on the same sessions, by name: always flat and random legal.
        rows: of its training, up to the checkpoint that is judged.
        seed: of the bootstrap.
    """
    beaten = [_better_than(name, result, other, seed) for name, other in baselines.items()]
    return [
        *beaten,
        above("trades on held sessions", len(result.trades), 0),
        above(
            "entropy over states with a choice, last tenth of training",
            _late(rows, "entropy_choice"),
            ENTROPY_FLOOR,
        ),
    ]


def phase2_gates(
    result: PolicyResult,
    parent: PolicyResult,
    rows: Rows,
    *,
    seed: int = 0,
) -> list[Gate]:
    """What Phase 2 must show on held sessions against the Phase 1 policy that it began from.

    Args:
        result: the policy on the held sessions.
        parent: the Phase 1 policy on the same sessions under the same account.
        rows: of its training, up to the checkpoint that is judged.
        seed: of the bootstrap.
    """
    entropy = _late(rows, "entropy_choice")
    trades = trade_statistics(result.trades)
    fallen, before = (daily_statistics(one.daily).max_drawdown_usd for one in (result, parent))
    return [
        above(
            "entropy over states with a choice, last tenth of training",
            entropy,
            ENTROPY_FLOOR_PHASE2,
        ),
        *_every_action_used(rows),
        above(
            "win rate over the bracket's break-even rate",
            _number(trades.win_rate),
            _number(trades.break_even_win_rate),
        ),
        Gate(
            name="maximum drawdown of daily P&L, USD, against the parent's",
            value=fallen,
            relation="<=",
            limit=before,
        ),
        _no_worse_than("its parent", result, parent, seed),
    ]


def _better_than(name: str, result: PolicyResult, other: PolicyResult, seed: int) -> Gate:
    gap = mean_interval(result.daily - other.daily, seed=seed)
    end = f"USD a day over {name}, lower end of the {gap.level:.0%} interval"
    return above(f"{end} (mean {gap.mean:,.2f})", gap.low, 0.0)


def _no_worse_than(name: str, result: PolicyResult, other: PolicyResult, seed: int) -> Gate:
    """The mean alone decides: the days of a validation range rarely prove a gain that is there."""
    gap = mean_interval(result.daily - other.daily, seed=seed)
    return Gate(
        name=f"mean USD a day over {name} ({gap.level:.0%} interval {bounds(gap.low, gap.high)})",
        value=gap.mean,
        relation=">=",
        limit=0.0,
    )


def _every_action_used(rows: Rows) -> list[Gate]:
    """By the policy as it was sampled in training, where the action was legal."""
    prefix = "action_legal/"
    return [
        Gate(
            name=f"use of {words(name.removeprefix(prefix))} where legal, last tenth of training",
            value=_late(rows, name),
            relation=">=",
            limit=LEAST_USE,
        )
        for name in rows[-1]
        if name.startswith(prefix)
    ]


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _late(rows: Rows, name: str) -> float:
    """Mean over the updates of the last tenth."""
    late = rows[-max(len(rows) // 10, 1) :]
    return float(np.mean([row[name] for row in late]))

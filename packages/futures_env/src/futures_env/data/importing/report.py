"""What an import decided, dropped, kept and flagged, as one object that prints as a table."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from futures_env.data.importing.origin import Origin

Policy = Literal["raise", "drop", "keep"]

DEFAULT_POLICY: dict[str, Policy] = {
    "not_finite": "raise",
    "not_positive": "raise",
    "malformed": "raise",
    "off_tick": "raise",
    "negative_volume": "raise",
    "unordered": "raise",
    "duplicate": "raise",
    "out_of_session": "raise",
    "spread": "drop",
    "other_contract": "drop",
    "loss": "raise",
    "jump": "keep",
    "hole": "keep",
}
"""What happens to rows that fail a check, unless the caller says otherwise."""


def waive(check: str, choice: Policy) -> str:
    """How to let rows that fail a check pass, in Python and on the command line."""
    return f"pass policy={{{check!r}: {choice!r}}} (--policy {check} {choice})"


def merge_policy(policy: dict[str, Policy] | None) -> dict[str, Policy]:
    """Defaults overridden by ``policy``.

    Raises:
        ValueError: unknown check or policy.
    """
    for check, choice in (policy or {}).items():
        if check not in DEFAULT_POLICY:
            raise ValueError(f"policy: no such check {check!r}; known: {', '.join(DEFAULT_POLICY)}")
        if choice not in ("raise", "drop", "keep"):
            raise ValueError(f"policy for {check}: {choice!r} is not raise, drop or keep")
    return DEFAULT_POLICY | (policy or {})


@dataclass(frozen=True)
class Finding:
    """Rows that failed one check."""

    check: str
    policy: Policy
    origin: Origin

    @property
    def rows(self) -> NDArray[np.int64]:
        """Row numbers in their files, from 0."""
        return self.origin.row

    def __str__(self) -> str:
        shown = "; ".join(self.origin.at(place) for place in range(min(5, len(self.rows))))
        more = "; ..." if len(self.rows) > 5 else ""
        return f"{self.check:16} {self.policy:6} {len(self.rows):9,}  {shown}{more}"


@dataclass(frozen=True)
class Roll:
    """One change of contract, in force from the first bar of ``date``."""

    date: str
    old: str
    new: str
    basis_ticks: int  # new - old

    def __str__(self) -> str:
        return f"{self.date}  {self.old} -> {self.new}  basis {self.basis_ticks:+d} ticks"


@dataclass
class Report:
    """Everything worth knowing about one import."""

    source: str
    decisions: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    rolls: list[Roll] = field(default_factory=list)
    holes: list[str] = field(default_factory=list)  # one line per session with missing bars
    closes: list[str] = field(default_factory=list)  # days that end otherwise than the calendar
    rows_read: int = 0
    rows_kept: int = 0
    first_date: str = ""
    last_date: str = ""
    sessions: int = 0
    sessions_lost: int = 0  # to the warm-up of the features

    def decide(self, what: str) -> None:
        """Record one decision."""
        if what not in self.decisions:
            self.decisions.append(what)

    def __str__(self) -> str:
        lines = [f"source   {self.source}"]
        lines += [f"decided  {decision}" for decision in self.decisions]
        lines.append(f"rows     {self.rows_read:,} read, {self.rows_kept:,} kept")
        lines.append(
            f"sessions {self.sessions} from {self.first_date} to {self.last_date}; the first "
            f"{self.sessions_lost} warm up the features"
        )
        lines += [f"roll     {roll}" for roll in self.rolls]
        if self.findings:
            lines.append(f"check            policy {'count':>9}  where")
            lines += [str(finding) for finding in self.findings]
        if self.holes:
            lines.append(f"sessions with missing bars: {len(self.holes)}")
            lines += [f"  {line}" for line in self.holes[:20]]
        if self.closes:
            lines.append(f"days that end otherwise than the calendar says: {len(self.closes)}")
            lines += [f"  {line}" for line in self.closes[:20]]
        return "\n".join(lines)

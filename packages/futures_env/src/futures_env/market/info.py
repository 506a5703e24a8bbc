"""What is known of a market besides its numbers, carried along on the host."""

from dataclasses import dataclass
from typing import Any

from futures_env.market.session_rule import SessionRule


@dataclass(frozen=True, kw_only=True)
class MarketInfo:
    """Where the bars of one market come from and how they were cut.

    Attributes:
        symbol: root symbol, a row of the contract table.
        rule: session, flat-by time, entry cut-off and window.
        bar_minutes: length of a bar.
        source: names of the files, ``"DataFrame"``, or how the bars were made up.
        synthetic: whether the bars are made up.
    """

    symbol: str
    rule: SessionRule
    bar_minutes: int
    source: str
    synthetic: bool

    def __str__(self) -> str:
        made_up = " (SYNTHETIC)" if self.synthetic else ""
        return f"{self.symbol} {self.rule.session}, {self.bar_minutes} min, {self.source}{made_up}"


class HostOnly:
    """Static data that never tells two pytrees apart.

    jax compares the static data of its arguments to find a compiled function: with this around
    them, markets of other origin share one trace. What a trace returns must then not carry the
    record of whatever market it was first called with: ``MarketData`` drops it there.
    """

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HostOnly)

    def __hash__(self) -> int:
        return hash(HostOnly)

    def __repr__(self) -> str:
        return repr(self.value)

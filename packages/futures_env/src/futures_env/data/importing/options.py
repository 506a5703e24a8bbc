"""What a caller may settle about a source of bars beforehand."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from futures_env.data import calendar
from futures_env.data.importing.reading.layouts import LAYOUTS
from futures_env.data.importing.report import Policy, merge_policy

UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
"""Units of epoch numbers: how many make a second."""


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """How to read bars; empty or 0 means: find out.

    Attributes:
        vendor: layout of the file: databento, polygon, tradingview, barchart, sierra, kibot,
            ninjatrader, ib, firstrate, lean or own; told by the columns unless given.
        zone: time zone of stamps without one, e.g. America/Chicago; found in the data unless given.
        stamp: whether stamps are the bar's start or its end; found in the data unless given.
        bar_minutes: length of a bar; the most frequent distance unless given.
        price_scale: factor from the file's numbers to points; by magnitude unless given.
        epoch_unit: unit of numeric stamps: s, ms, us or ns; by magnitude unless given.
        contract: name of the contract, where a file has no such column.
        policy: what becomes of rows that fail a check, e.g. out_of_session drop. Checks:
            not_finite, not_positive, malformed, off_tick, negative_volume, unordered, duplicate,
            out_of_session, spread, other_contract, jump, hole, loss.
        early_close: closes that replace the calendar's, DATE=HH:MM in New York, or DATE=closed.
    """

    vendor: str = ""
    zone: str = ""
    stamp: Literal["", "start", "end"] = ""
    bar_minutes: int = 0
    price_scale: float = 0.0
    epoch_unit: Literal["", "s", "ms", "us", "ns"] = ""
    contract: str = ""
    policy: dict[str, Policy] = field(default_factory=dict)
    early_close: Sequence[str] = ()

    def __post_init__(self) -> None:
        _one_of("vendor: no such layout", self.vendor, LAYOUTS)
        _one_of("stamp: no such convention", self.stamp, ("start", "end"))
        _one_of("epoch_unit: no such unit", self.epoch_unit, UNITS)
        if self.bar_minutes < 0 or not 0.0 <= self.price_scale < float("inf"):
            raise ValueError("bar_minutes and price_scale must not be negative")
        if self.zone:
            check_zone(self.zone)
        merge_policy(self.policy)
        calendar.overrides(self.early_close)


def _one_of(what: str, value: str, known: Sequence[str] | dict) -> None:
    if value and value not in known:
        raise ValueError(f"{what} {value!r}; known: {', '.join(known)}")


def check_zone(zone: str) -> None:
    """Refuse what is no name of a time zone.

    Raises:
        ValueError: naming it.
    """
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"zone: no such time zone {zone!r}; e.g. America/Chicago") from None

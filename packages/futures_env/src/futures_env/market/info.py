"""What is known of a market besides its numbers: how its bars were cut, where they come from."""

from dataclasses import dataclass
from typing import Literal, TypedDict, cast

DAY = 1440
DAY_START = 18 * 60
"""A trading day begins at 18:00 New York on the evening before its date."""

Session = Literal["rth", "globex"]
SESSION_OPEN = {"rth": "09:30", "globex": "18:00"}
"""New York time of the first bar of each kind of session."""


def clock(text: str) -> int:
    """Minutes since the trading day's 18:00 start of a New York time ``"HH:MM"``.

    Raises:
        ValueError: not a time of day.
    """
    hours, _, minutes = text.partition(":")
    if not (hours.isdigit() and minutes.isdigit() and int(hours) < 24 and int(minutes) < 60):
        raise ValueError(f"not a New York time of day 'HH:MM': {text!r}")
    return (int(hours) * 60 + int(minutes) - DAY_START) % DAY


class ArgumentError(ValueError):
    """Arguments that are wrong, or contradict each other or what the data say of themselves."""


class DataError(ValueError):
    """Files of bars, or a saved market, that an environment was told to read and cannot use."""

    exit_code = 1


@dataclass(frozen=True, kw_only=True)
class SessionRule:
    """Which bars are tradable and when positions must be flat.

    Attributes:
        session: rth (09:30 to flat-by) or globex (18:00 to flat-by), New York.
        flat_by: New York time; on a short day one minute before the early close, if sooner.
        entry_cutoff_bars: the last entry bar is this many bars before the flat-by bar.
        window: bars of an observation; an episode starts with a full window behind it.
        warm_up_sessions: sessions in front that only warm up the features, 5 to 20. With fewer
            than 20 the volume and atr features look back on the earlier sessions there are.
    """

    session: Session = "rth"
    flat_by: str = "16:59"
    entry_cutoff_bars: int = 1
    window: int = 20
    warm_up_sessions: int = 20

    def __post_init__(self) -> None:
        if self.session not in SESSION_OPEN:
            known = ", ".join(SESSION_OPEN)
            raise ValueError(f"session: no such kind {self.session!r}; known: {known}")
        if self.window < 1 or self.entry_cutoff_bars < 0:
            raise ValueError("window must be at least 1 and entry_cutoff_bars at least 0")
        if not 5 <= self.warm_up_sessions <= 20:
            raise ValueError(f"warm_up_sessions must be 5 to 20, not {self.warm_up_sessions}")
        if clock(self.flat_by) <= self.open_clock:
            raise ValueError(f"flat_by {self.flat_by} is not after the {self.session} open")

    @property
    def open_clock(self) -> int:
        """Open in minutes since the trading day's 18:00 start."""
        return clock(SESSION_OPEN[self.session])


class RuleFields(TypedDict, total=False):
    """Fields of ``SessionRule`` as keyword arguments."""

    flat_by: str
    entry_cutoff_bars: int
    window: int
    warm_up_sessions: int


def session_rule(session: str | SessionRule, fields: RuleFields) -> SessionRule:
    """The rule that a caller describes: a whole one, or a kind of session and fields.

    Raises:
        ValueError: a field out of range, or a whole rule and fields besides.
    """
    if isinstance(session, SessionRule):
        if fields:
            raise ValueError(
                f"session is a whole SessionRule: put {', '.join(fields)} into it, or pass the "
                "kind of session as a word"
            )
        return session
    return SessionRule(session=cast("Session", session), **fields)  # checked by the rule


@dataclass(frozen=True, kw_only=True)
class MarketInfo:
    """Where the bars of one market come from and how they were cut.

    Attributes:
        symbol: root symbol, a row of the contract table.
        rule: session, flat-by time, entry cut-off and window.
        bar_minutes: length of a bar.
        source: names of the files, ``"DataFrame"``, or how the bars were made up.
        synthetic: whether the bars are made up.
        early_close: closes that replaced the calendar's, ``"2025-07-04=13:00"``.
    """

    symbol: str
    rule: SessionRule
    bar_minutes: int
    source: str
    synthetic: bool
    early_close: tuple[str, ...] = ()

    def __str__(self) -> str:
        made_up = " (SYNTHETIC)" if self.synthetic else ""
        return f"{self.symbol} {self.rule.session}, {self.bar_minutes} min, {self.source}{made_up}"

    def contradict(self, **claims: object) -> None:
        """Refuse what somebody says of the market that is not so.

        Args:
            **claims: symbol, bar_minutes, rule, or fields of the rule.

        Raises:
            ArgumentError: naming the claim and what the market says.
        """
        known = {**vars(self.rule), **vars(self)}
        for name, claim in claims.items():
            if claim != known[name]:
                raise ArgumentError(
                    f"{name} is {claim}, but the market says {known[name]} ({self}): leave out "
                    f"{name}, or give another market"
                )

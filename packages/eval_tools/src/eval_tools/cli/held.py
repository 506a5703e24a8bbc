"""Which sessions a command judges: between the dates, by default what training held out."""

from datetime import date
from typing import Protocol

import pandas as pd

from eval_tools.conditions.training import TrainingRecord, first_held_date, sessions_seen
from eval_tools.rollout.sessions import sessions_between
from futures_env import ArgumentError
from futures_env.market.table import MarketData


class DateFlags(Protocol):
    """The flags of a command that choose its sessions."""

    @property
    def start(self) -> date | None: ...

    @property
    def end(self) -> date | None: ...

    @property
    def allow_overlap(self) -> bool: ...


def sessions_to_judge(
    config: DateFlags, record: TrainingRecord | None, market: MarketData, window: int
) -> pd.DataFrame:
    """Sessions between the dates, by default those that training held out.

    Raises:
        ArgumentError: some of them were trained on and that was not allowed.
        ValueError: there are none.
    """
    start = None if config.start is None else str(config.start)
    known = record if record is not None and record.known else None
    if start is None and known and not config.allow_overlap:
        start = first_held_date(known, market)
    end = None if config.end is None else str(config.end)
    sessions = sessions_between(market, window, start, end)
    seen = sessions_seen(known, market, sessions) if known else 0
    if known and seen and not config.allow_overlap:
        raise ArgumentError(
            f"{seen} of the {len(sessions)} sessions from {sessions['date'].min():%Y-%m-%d} to "
            f"{sessions['date'].max():%Y-%m-%d} were trained on or chose the "
            f"checkpoint, {known.facts['first_date']} to {known.last_date}: choose other dates, or "
            "--allow-overlap"
        )
    return sessions

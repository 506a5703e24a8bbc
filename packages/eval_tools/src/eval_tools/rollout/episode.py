"""A range of sessions, the episode that ran over it, and how much of the range was run."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Slice:
    """A contiguous range of rows made of whole sessions, for one fresh account.

    Attributes:
        name: unique in a run.
        sessions: session indices, in order.
        first_row, last_row: rows of the market table, both included.
    """

    name: str
    sessions: tuple[int, ...]
    first_row: int
    last_row: int


@dataclass(frozen=True)
class Episode:
    """One slice as it was run.

    Attributes:
        slice: what was asked.
        steps: one row per bar stepped, columns ``eval_tools.rollout.records.STEP_COLUMNS``.
        sessions_run: sessions of the slice whose bars were all stepped.
    """

    slice: Slice
    steps: pd.DataFrame = field(repr=False)
    sessions_run: tuple[int, ...]

    @property
    def net_cents(self) -> int:
        """Change of equity over all accounts of the episode."""
        return int((self.steps["equity_cents"] - self.steps["equity_before_cents"]).sum())

    @property
    def accounts_used(self) -> int:
        """Fresh accounts that were traded, the first included."""
        return int(self.steps["attempt"].iloc[-1]) + 1


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How much of what was asked was run."""

    sessions_asked: int
    sessions_run: int

    @property
    def share(self) -> float:
        """Sessions run / sessions asked."""
        return self.sessions_run / self.sessions_asked


class CoverageError(RuntimeError):
    """Less than all of the sessions asked for were run."""


def coverage(episodes: Sequence[Episode]) -> Coverage:
    """Sessions asked and run over all episodes."""
    return Coverage(
        sessions_asked=sum(len(episode.slice.sessions) for episode in episodes),
        sessions_run=sum(len(episode.sessions_run) for episode in episodes),
    )


def require_full_coverage(episodes: Sequence[Episode]) -> None:
    """Raise unless every session asked for was run.

    Raises:
        CoverageError: naming the first slice that falls short and the way out.
    """
    for episode in episodes:
        asked, run = len(episode.slice.sessions), len(episode.sessions_run)
        if run < asked:
            raise CoverageError(
                f"slice {episode.slice.name}: {run} of {asked} sessions run, the account failed "
                "and the rest was not traded; allow partial coverage, or re-enter with a fresh "
                "account"
            )

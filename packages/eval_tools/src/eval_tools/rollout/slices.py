"""Slices: named ranges of sessions, run together in chunks, and how much of them was run."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eval_tools.policies.policy import Policy
from eval_tools.rollout.episode import Step, TradingEnv, evaluation_params, run_ranges
from futures_env.market.table import MarketData
from futures_env.types import EnvParams

NEW_YORK = "America/New_York"


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
        steps: one row per bar stepped, columns as in ``eval_tools.rollout.episode.Step``.
        sessions_run: sessions of the slice whose bars were all stepped.
    """

    slice: Slice
    steps: pd.DataFrame = field(repr=False)
    sessions_run: tuple[int, ...]


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


def session_table(market: MarketData) -> pd.DataFrame:
    """One row per session: session, date (datetime64), market, first_row, last_row, bars."""
    session = np.asarray(market.session)
    first = np.flatnonzero(np.r_[True, session[1:] != session[:-1]])
    last = np.r_[first[1:] - 1, session.size - 1]
    return pd.DataFrame(
        {
            "session": session[first],
            "date": np.asarray(market.date)[first].astype("datetime64[D]").astype("datetime64[s]"),
            "market": np.asarray(market.market)[first],
            "first_row": first,
            "last_row": last,
            "bars": last - first + 1,
        }
    )


def sessions_between(
    market: MarketData, window: int, start: str | None = None, end: str | None = None
) -> pd.DataFrame:
    """Rows of ``session_table`` from ``start`` to ``end`` (dates, both included).

    Without ``start`` the range begins at the first session with ``window`` bars up to its first
    one; the sessions before it are context.

    Raises:
        ValueError: when no session lies between them, or one has too few bars behind it.
    """
    table = session_table(market)
    first_of_market = table.groupby("market")["first_row"].transform("min")
    has_window = table["first_row"] - first_of_market >= window - 1
    if start is None:
        table = table[has_window]
    low = table["date"].min() if start is None else pd.Timestamp(start)
    high = table["date"].max() if end is None else pd.Timestamp(end)
    chosen = table[(table["date"] >= low) & (table["date"] <= high)]
    if chosen.empty:
        raise ValueError(
            f"no session from {low.date()} to {high.date()}: the market holds "
            f"{table['date'].min().date()} to {table['date'].max().date()}"
        )
    short = chosen[~has_window[chosen.index]]
    if not short.empty:
        raise ValueError(
            f"session of {short['date'].iloc[0].date()} has fewer than the window's {window} bars "
            "behind it: start the range one session later"
        )
    return chosen.reset_index(drop=True)


def session_slices(sessions: pd.DataFrame) -> list[Slice]:
    """One slice per session, each with a fresh account; named by date (and market)."""
    several = sessions["market"].nunique() > 1
    return [
        Slice(
            name=f"{row['date']:%Y-%m-%d}" + (f"/{row['market']}" if several else ""),
            sessions=(row["session"],),
            first_row=row["first_row"],
            last_row=row["last_row"],
        )
        for row in sessions.to_dict("records")
    ]


def whole_slices(sessions: pd.DataFrame) -> list[Slice]:
    """One slice per market over all its sessions: one account from the first to the last day."""
    several = sessions["market"].nunique() > 1
    return [
        Slice(
            name="all" + (f"/{market}" if several else ""),
            sessions=tuple(int(index) for index in own["session"]),
            first_row=int(own["first_row"].iloc[0]),
            last_row=int(own["last_row"].iloc[-1]),
        )
        for market, own in sessions.groupby("market", sort=True)
    ]


def run_slices(
    env: TradingEnv,
    policy: Policy,
    params: EnvParams,
    slices: Sequence[Slice],
    *,
    seed: int = 0,
    reenter: bool = False,
    chunk: int = 256,
) -> list[Episode]:
    """Run ``policy`` over every slice with the same rules and costs as ``params``.

    Args:
        env: environment of the phase.
        policy: callable pytree.
        params: production parameters; see ``evaluation_params`` for what is overridden.
        slices: what to run; names must be unique.
        seed: of the policy's draws; slice i keeps its draws whatever the chunk.
        reenter: go on with a fresh account after a failure.
        chunk: slices run side by side; bounds the memory.

    Returns:
        One episode per slice, in order.

    Raises:
        ValueError: without slices, for a duplicate name or a slice of one row.
    """
    _check(slices)
    params = evaluation_params(params)
    session = np.asarray(params.market.session)
    num_steps = max(piece.last_row - piece.first_row for piece in slices)
    width = min(chunk, len(slices))
    keys = jax.random.split(jax.random.key(seed), len(slices))
    episodes: list[Episode] = []
    for begin in range(0, len(slices), width):
        # the last chunk is filled up with its last slice, so that one shape serves all
        picks = np.minimum(np.arange(begin, begin + width), len(slices) - 1)
        part = [slices[pick] for pick in picks]
        steps = run_ranges(
            env,
            policy,
            params,
            jnp.array([piece.first_row for piece in part], jnp.int32),
            jnp.array([piece.last_row for piece in part], jnp.int32),
            keys[picks],
            jnp.bool_(reenter),
            num_steps,
        )
        host = jax.device_get(steps)
        for lane, piece in enumerate(part[: len(slices) - begin]):
            episodes.append(_episode(piece, host, lane, session))
    return episodes


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


def _check(slices: Sequence[Slice]) -> None:
    if not slices:
        raise ValueError("slices: at least one is needed")
    names = [piece.name for piece in slices]
    if len(set(names)) < len(names):
        raise ValueError(f"slices: names must be unique, got {names}")
    for piece in slices:
        if piece.last_row <= piece.first_row:
            raise ValueError(f"slice {piece.name}: no bar after row {piece.first_row}")


def _episode(piece: Slice, steps: Step, lane: int, session: NDArray[np.int32]) -> Episode:
    active = steps.active[lane]
    columns = {name: value[lane][active] for name, value in steps.__dict__.items()}
    del columns["active"]
    asked, base = np.arange(piece.first_row + 1, piece.last_row + 1), session[piece.first_row]
    missing = np.bincount(session[np.setdiff1d(asked, columns["row"])] - base)
    complete = tuple(
        index for index in piece.sessions if not missing[index - base : index - base + 1].any()
    )
    return Episode(piece, pd.DataFrame(columns), complete)

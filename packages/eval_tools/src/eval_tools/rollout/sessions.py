"""Sessions of a market as a table, chosen by date and made into slices."""

import numpy as np
import pandas as pd

from eval_tools.rollout.episode import Slice
from futures_env.market.table import MarketData


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


def random_slices(sessions: pd.DataFrame, number: int, length: int, seed: int = 0) -> list[Slice]:
    """Slices of ``length`` sessions from start days drawn without repetition, in order of start.

    They overlap: ``eval_tools.attempts.chance.effective_number`` says how many do not.

    Args:
        sessions: rows of ``session_table``.
        number: slices.
        length: consecutive sessions of one market in each.
        seed: the same seed draws the same days.

    Raises:
        ValueError: when there are fewer start days than slices.
    """
    market = sessions["market"].to_numpy()
    last = len(sessions) - length
    possible = [i for i in range(last + 1) if market[i] == market[i + length - 1]]
    if not 1 <= number <= len(possible):
        raise ValueError(
            f"{number} slices of {length} sessions: {len(possible)} start days are there, each is "
            "drawn once"
        )
    picks = np.sort(np.random.default_rng(seed).choice(possible, number, replace=False))
    pieces = [sessions.iloc[begin : begin + length] for begin in picks]
    return [
        Slice(
            name=f"{one['date'].iloc[0]:%Y-%m-%d}+{length}/{one['market'].iloc[0]}",
            sessions=tuple(int(index) for index in one["session"]),
            first_row=int(one["first_row"].iloc[0]),
            last_row=int(one["last_row"].iloc[-1]),
        )
        for one in pieces
    ]

"""Which bars a command works on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import gymnax
from tyro.conf import arg

from eval_tools.conditions.market import symbol_of
from futures_env import INSTRUMENTS, ArgumentError, load_market, synthetic_market
from futures_env.env import FuturesEnv
from futures_env.market.table import MarketData

DEFAULT_SYMBOL = "NQ"
DEFAULT_SESSIONS = 100
"""Of the synthetic market."""

_SYMBOLS = ", ".join(INSTRUMENTS)


@dataclass(frozen=True, kw_only=True)
class Bars:
    """Bars to work on; without files a synthetic market is made."""

    data: tuple[Path, ...] = ()
    """Files of bars of any vendor that `futures-env data import` reads, or one saved market
    (.npz). A saved market says itself which contract and session it holds."""
    symbol: Annotated[
        str | None,
        arg(help=f"Contract of the bars: {_SYMBOLS}. Files of bars and synthetic markets: NQ."),
    ] = None
    session: Literal["rth", "globex"] | None = None
    """Sessions to cut from files of bars: rth (09:30 New York to 16:59) or globex (18:00 to
    16:59). Without it rth."""
    sessions: int | None = None
    """Length of the synthetic market in sessions; without it 100. Not with --data."""


def open_market(bars: Bars, seed: int) -> MarketData:
    """Load the files, or make the synthetic market of ``seed`` where there are none.

    Raises:
        ArgumentError: flags that contradict each other or a saved market.
        ValueError, OSError: files that cannot be used.
    """
    if bars.symbol is not None and bars.symbol not in INSTRUMENTS:
        raise ArgumentError(f"--symbol {bars.symbol}: no such contract; known: {_SYMBOLS}")
    if bars.data:
        return _from_files(bars)
    if bars.session == "globex":
        raise ArgumentError("--session globex: the synthetic market has rth sessions only")
    sessions = DEFAULT_SESSIONS if bars.sessions is None else bars.sessions
    return synthetic_market(bars.symbol or DEFAULT_SYMBOL, sessions=sessions, seed=seed)


def _from_files(bars: Bars) -> MarketData:
    if bars.sessions is not None:
        raise ArgumentError(
            f"--sessions {bars.sessions} is the length of a synthetic market, but --data names bars"
        )
    return load_market(bars.data, bars.symbol, bars.session)


def make_env(market: MarketData, phase: int, window: int | None = None) -> FuturesEnv:
    """The environment of a phase on ``market``, by its public id.

    Args:
        market: says which contract it holds.
        phase: 1 or 2.
        window: bars in the observation; None: that of the market's session rule.
    """
    symbol = symbol_of(market)
    window = market.infos[0].rule.window if window is None else window
    env, _ = gymnax.make(f"Futures{symbol}-Phase{phase}", market=market, window=window)
    return env

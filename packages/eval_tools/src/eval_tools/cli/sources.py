"""Which bars a command works on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import gymnax
from tyro.conf import arg

from eval_tools.conditions.market import symbol_of
from futures_env import INSTRUMENTS, ArgumentError, load_market, synthetic_market
from futures_env.data.importing.report import Report
from futures_env.data.signals import SignalOptions
from futures_env.env import FuturesEnv
from futures_env.market.info import RuleFields, session_rule
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
    (.npz), which says itself what it holds. What has to be told of files, such as a zone, is told
    to that command, which saves them as a market."""
    symbol: Annotated[
        str | None,
        arg(help=f"Contract of the bars: {_SYMBOLS}. Files of bars and synthetic markets: NQ."),
    ] = None
    session: Literal["rth", "globex"] | None = None
    """Sessions of files of bars or of the synthetic market: rth (09:30 New York to 16:59) or
    globex (18:00 to 16:59). Without it rth."""
    sessions: int | None = None
    """Length of the synthetic market in sessions; without it 100. Not with --data."""
    flat_by: str | None = None
    """New York time HH:MM by which positions are closed, which a rule set may ask to be earlier;
    without it 16:59."""
    warm_up_sessions: int | None = None
    """Sessions in front that only warm up the features, 5 to 20; without it 20. A policy trained
    under another number refuses."""
    market_seed: int | None = None
    """Seed of the synthetic market; without it that of the command where it has one, else 0. Not
    with --data."""
    signals: Annotated[SignalOptions, arg(name="")] = field(default_factory=SignalOptions)

    def __post_init__(self) -> None:
        if self.market_seed is not None and self.data:
            raise ArgumentError(
                f"--market-seed {self.market_seed} makes a synthetic market, but --data names bars"
            )


def open_market(
    bars: Bars,
    seed: int = 0,
    *,
    mirror: bool = False,
    progress: Callable[[str], None] | None = None,
    reported: Callable[[Report], None] | None = None,
) -> MarketData:
    """Load the files, or make the synthetic market where there are none.

    Args:
        bars: which.
        seed: of the synthetic market, unless ``bars`` have their own.
        mirror: turn the prices upside down; see ``futures_env.data.mirror``.
        progress: told what is done next, in words.
        reported: given the report of an import.

    Raises:
        ArgumentError: flags that contradict each other or a saved market.
        ValueError, OSError: files that cannot be used.
    """
    if bars.symbol is not None and bars.symbol not in INSTRUMENTS:
        raise ArgumentError(f"--symbol {bars.symbol}: no such contract; known: {_SYMBOLS}")
    rule = _rule_fields(bars)
    bars.signals.check()
    if bars.data:
        return _from_files(bars, rule, mirror=mirror, progress=progress, reported=reported)
    if bars.signals.features is not None:
        raise ArgumentError("--features are signals for bars of a file: give them with --data")
    symbol, session = bars.symbol or DEFAULT_SYMBOL, bars.session or "rth"
    sessions = DEFAULT_SESSIONS if bars.sessions is None else bars.sessions
    seed = seed if bars.market_seed is None else bars.market_seed
    try:
        return synthetic_market(symbol, sessions, seed, session=session, mirror=mirror, **rule)
    except ValueError as error:  # nothing but the arguments goes in
        raise ArgumentError(str(error)) from error


def _rule_fields(bars: Bars) -> RuleFields:
    """What is asked of the session rule, checked before any file is read."""
    given = RuleFields()
    if bars.flat_by is not None:
        given["flat_by"] = bars.flat_by
    if bars.warm_up_sessions is not None:
        given["warm_up_sessions"] = bars.warm_up_sessions
    try:
        session_rule(bars.session or "rth", given)
    except ValueError as error:
        raise ArgumentError(str(error)) from error
    return given


def _from_files(bars: Bars, rule: RuleFields, **how: Any) -> MarketData:
    if bars.sessions is not None:
        raise ArgumentError(
            f"--sessions {bars.sessions} is the length of a synthetic market, but --data names bars"
        )
    saved = any(path.suffix == ".npz" for path in bars.data)
    if saved and bars.signals.features is not None:
        raise ArgumentError(
            f"--features {bars.signals.features}: a saved market has its features already; give "
            "them to futures-env data import"
        )
    columns = bars.signals.columns()
    return load_market(bars.data, bars.symbol, bars.session, features=columns, **rule, **how)


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

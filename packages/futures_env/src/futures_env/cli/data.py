"""The commands ``futures-env data import | inspect | synth | split | calendar``."""

import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
from tyro.conf import Positional, arg

from futures_env.data import calendar
from futures_env.data.bars import Bars
from futures_env.data.importing.frames import read_seconds
from futures_env.data.importing.importer import import_bars
from futures_env.data.importing.options import ImportOptions
from futures_env.data.loader import assemble, load_market
from futures_env.data.signals import SignalOptions
from futures_env.data.splits import save_split, session_dates, split_sessions
from futures_env.data.store import open_market, read_header, save_market
from futures_env.data.synthetic.market import Edge, synthetic_market
from futures_env.drawing.picture import draw_bars, draw_market
from futures_env.market.info import ArgumentError, SessionRule
from futures_env.market.instruments import INSTRUMENTS, instrument
from futures_env.market.table import MarketData


@contextmanager
def stage(what: str) -> Generator[None]:
    """Say what is going on, and how long it took, on stderr."""
    started = time.perf_counter()
    print(f"{what} ...", end="", file=sys.stderr, flush=True)
    try:
        yield
    except BaseException:
        print(file=sys.stderr)
        raise
    print(f" {time.perf_counter() - started:.1f} s", file=sys.stderr)


def known_symbol(symbol: str | None) -> None:
    """Refuse a symbol that is not in the contract table."""
    if symbol is not None:
        instrument(symbol)


_SYMBOLS = arg(metavar="{" + ",".join(INSTRUMENTS) + "}")
Symbol = Annotated[str, _SYMBOLS]
_AS_READ = Annotated[ImportOptions, arg(name="")]
_AS_CUT = Annotated[SessionRule, arg(name="")]
_OWN = Annotated[SignalOptions, arg(name="")]


@dataclass(kw_only=True)
class Import:
    """Check bar files and save them as a market."""

    paths: Positional[list[Path]]
    """Files of one series, one file per contract (NQH5.csv), or a folder of LEAN zips."""
    out: Path
    """The market to write, ending in .npz."""
    symbol: Symbol = "NQ"
    """Row of the contract table."""
    options: _AS_READ = field(default_factory=ImportOptions)
    rule: _AS_CUT = field(default_factory=SessionRule)
    resample: int = 0
    """Minutes per bar: a divisor of 60 and a multiple of the file's; 0: as they are."""
    seconds: Path | None = None
    """1-second bars (timestamp in UTC, high, low) that tell which extreme came first."""
    signals: _OWN = field(default_factory=SignalOptions)

    def __post_init__(self) -> None:
        check_out(self.out)
        known_symbol(self.symbol)
        check_paths(self.paths)
        self.signals.check()
        if saved := [path for path in self.paths if path.suffix == ".npz"]:
            raise ArgumentError(f"{saved[0]}: a saved market is there already; inspect shows it")
        if self.resample < 0:
            raise ArgumentError(f"--resample {self.resample} must not be negative")

    def __call__(self) -> None:
        """Run."""
        with stage("reading and checking"):
            bars, report = import_bars(self.paths, self.symbol, **vars(self.options))
        report.sessions_lost = min(self.rule.warm_up_sessions, report.sessions)
        print(report)
        with stage("building the market"):
            seconds = None if self.seconds is None else read_seconds(self.seconds)
            market = assemble(
                bars, self.rule, self.signals.columns(), seconds=seconds, bar_minutes=self.resample
            )
        with stage(f"writing {self.out}"):
            save_market(market, self.out)
        print(describe(market))


@dataclass(kw_only=True)
class Inspect:
    """Show what bar files, or a saved market, hold."""

    paths: Positional[list[Path]]
    """Files of one series, one file per contract (NQH5.csv), a folder of LEAN zips, or one saved
    market (.npz)."""
    symbol: Annotated[str | None, _SYMBOLS] = None
    """Row of the contract table; without it NQ, or what the saved market says."""
    picture: Path | None = None
    """Where to draw closes, sessions and volume: ends in .svg, .png or .pdf."""
    options: _AS_READ = field(default_factory=ImportOptions)

    def __post_init__(self) -> None:
        check_paths(self.paths)
        known_symbol(self.symbol)
        if self.picture is not None and not self.picture.parent.is_dir():
            raise ArgumentError(f"--picture {self.picture}: no such folder")
        if self.picture is not None and self.picture.suffix not in (".svg", ".png", ".pdf"):
            raise ArgumentError(f"--picture {self.picture}: ends in .svg, .png or .pdf")

    def __call__(self) -> None:
        """Run."""
        saved = any(path.suffix == ".npz" for path in self.paths)
        draw = partial(draw_market, self._saved()) if saved else partial(draw_bars, self._files())
        if self.picture is not None:
            with stage(f"drawing {self.picture}"):
                draw(self.picture)

    def _files(self) -> Bars:
        with stage("reading and checking"):
            bars, report = import_bars(self.paths, self.symbol or "NQ", **vars(self.options))
        print(report)
        return bars

    def _saved(self) -> MarketData:
        default = vars(ImportOptions())
        given = {
            name: value for name, value in vars(self.options).items() if value != default[name]
        }
        market = load_market(self.paths, self.symbol, **given)
        header = read_header(self.paths[0])
        print(describe(market))
        for info in market.infos:
            print("rule     " + ", ".join(f"{k} {v}" for k, v in vars(info.rule).items()))
        print(f"features {', '.join(market.feature_names) or 'unknown'}")
        print(f"saved    schema {header['schema_version']}, sha256 {header['content_hash']}")
        return market


@dataclass(kw_only=True)
class Synth:
    """Make a synthetic market and save it."""

    out: Path
    """The market to write, ending in .npz."""
    symbol: Symbol = "NQ"
    """Row of the contract table."""
    sessions: int = 60
    """Tradable sessions, at least 5."""
    seed: int = 0
    """The same seed makes the same bars, at least 0."""
    edge: Edge = "none"
    """What is planted: nothing, an entry signal, or one that a stop trailed keeps."""
    edge_strength: float = 3.0
    """Net P&L per trade of the edge's oracle in round-turn costs; 0: its zero-edge twin."""
    rule: _AS_CUT = field(default_factory=SessionRule)

    def __post_init__(self) -> None:
        check_out(self.out)
        known_symbol(self.symbol)

    def __call__(self) -> None:
        """Run."""
        try:
            with stage(f"making {self.sessions} sessions"):
                market = synthetic_market(
                    self.symbol,
                    self.sessions,
                    self.seed,
                    self.edge,
                    self.edge_strength,
                    session=self.rule,
                )
        except ValueError as error:  # nothing but the arguments goes in
            raise ArgumentError(str(error)) from error
        with stage(f"writing {self.out}"):
            save_market(market, self.out)
        print(describe(market))


@dataclass(kw_only=True)
class Split:
    """Divide a saved market's sessions into train, validation and test ranges, by date."""

    market: Positional[Path]
    """A saved market, ending in .npz."""
    out: Path
    """The JSON file to write."""
    train: float = 0.6
    """Share of the sessions."""
    validation: float = 0.2
    """Share of the sessions; the rest is for the test."""
    embargo: int = 1
    """Sessions left out between the ranges."""

    def __call__(self) -> None:
        """Run."""
        if not self.out.parent.is_dir():
            raise ArgumentError(f"--out {self.out}: no such folder: {self.out.parent}")
        split = split_sessions(open_market(self.market), self.train, self.validation, self.embargo)
        save_split(split, self.out)
        for name, (first, last) in split.items():
            print(f"{name:10} {first} to {last}")


@dataclass(kw_only=True)
class Calendar:
    """List the short and closed days of a symbol's exchange."""

    symbol: Symbol = "NQ"
    """Row of the contract table."""
    year: int = 2025
    """Year of the table to show, 2015 to 2027."""

    def __post_init__(self) -> None:
        known_symbol(self.symbol)
        if not 2015 <= self.year <= 2027:
            raise ArgumentError(f"--year {self.year}: the table covers 2015 to 2027")

    def __call__(self) -> None:
        """Run."""
        for day, close in sorted(calendar.early_closes(self.symbol).items()):
            date = np.datetime64(day, "D").astype(object)
            if date.year == self.year:
                shown = calendar.time_of_day(close) if close else "closed"
                print(f"{date:%Y-%m-%d %a}  {shown}")


COMMANDS: dict[str, Callable[..., Callable[[], None]]] = {
    "import": Import,
    "inspect": Inspect,
    "synth": Synth,
    "split": Split,
    "calendar": Calendar,
}


def describe(market: MarketData) -> str:
    """One paragraph on a market."""
    dates = session_dates(market)
    known = "; ".join(map(str, market.infos)) or "of unknown origin"
    return (
        f"market   {known}\n"
        f"         {market.num_bars:,} bars, {len(dates)} sessions from {dates[0]} to {dates[-1]}, "
        f"{len(market.starts):,} starts, {int(market.segment[-1]) + 1} contract(s)"
    )


def check_out(path: Path) -> None:
    """Refuse a file that cannot be written before any work is done for it.

    Raises:
        ArgumentError: another suffix than ``.npz``, or no such folder.
    """
    if path.suffix != ".npz":
        raise ArgumentError(f"--out {path}: a saved market ends in .npz")
    if not path.parent.is_dir():
        raise ArgumentError(f"--out {path}: no such folder: {path.parent}")


def check_paths(paths: list[Path]) -> None:
    """Refuse no file at all.

    Raises:
        ArgumentError: always then.
    """
    if not paths:
        raise ArgumentError("no file given")

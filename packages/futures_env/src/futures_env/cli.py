"""Command line: ``futures-env data import | inspect | synth | split | calendar``."""

import io
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, redirect_stderr
from dataclasses import asdict, dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import tyro
from tyro.conf import Positional, arg

from futures_env.data import calendar
from futures_env.data.importing.frames import read_seconds
from futures_env.data.importing.importer import import_bars
from futures_env.data.importing.report import Policy
from futures_env.data.loader import assemble
from futures_env.data.picture import draw_bars
from futures_env.data.splits import save_split, session_dates, split_sessions
from futures_env.data.store import open_market, read_header, save_market
from futures_env.data.synthetic.market import Edge, synthetic_market
from futures_env.market.info import SessionRule
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


@dataclass(kw_only=True)
class Source:
    """How to read bar files; every answer is found in the data unless given."""

    symbol: str = "NQ"
    """Row of the contract table."""
    vendor: str = ""
    zone: str = ""
    stamp: Literal["", "start", "end"] = ""
    bar_minutes: int = 0
    price_scale: float = 0.0
    epoch_unit: Literal["", "s", "ms", "us", "ns"] = ""
    contract: str = ""
    """Name of the contract where the file has no such column."""
    policy: dict[str, Policy] = field(default_factory=dict)
    """Check and policy, e.g. out_of_session drop."""


@dataclass(kw_only=True)
class Import:
    """Check bar files and save them as a market."""

    paths: Positional[list[Path]]
    """A file, a folder of LEAN zips, or one file per contract."""
    out: Path
    """The market to write, ending in .npz."""
    source: Annotated[Source, arg(name="")] = field(default_factory=Source)
    rule: Annotated[SessionRule, arg(name="")] = field(default_factory=SessionRule)
    resample: int = 0
    """Minutes per bar; 0: as they are."""
    seconds: Path | None = None
    """1-second bars (timestamp in UTC, high, low) that tell which extreme came first."""

    def __call__(self) -> None:
        """Run."""
        check_out(self.out)
        with stage("reading and checking"):
            bars, report = import_bars(self.paths, **asdict(self.source))
        print(report)
        with stage("building the market"):
            seconds = None if self.seconds is None else read_seconds(self.seconds)
            market = assemble(bars, self.rule, seconds=seconds, bar_minutes=self.resample)
        with stage(f"writing {self.out}"):
            save_market(market, self.out)
        print(describe(market))


@dataclass(kw_only=True)
class Inspect:
    """Show what bar files, or a saved market, hold."""

    paths: Positional[list[Path]]
    picture: Path | None = None
    """Where to draw closes, sessions and volume (svg, png, pdf)."""
    source: Annotated[Source, arg(name="")] = field(default_factory=Source)

    def __call__(self) -> None:
        """Run."""
        if self.paths and self.paths[0].suffix == ".npz":
            print(read_header(self.paths[0]))
            print(describe(open_market(self.paths[0])))
            return
        with stage("reading and checking"):
            bars, report = import_bars(self.paths, **asdict(self.source))
        print(report)
        if self.picture is not None:
            with stage(f"drawing {self.picture}"):
                draw_bars(bars, self.picture)


@dataclass(kw_only=True)
class Synth:
    """Make a synthetic market and save it."""

    out: Path
    symbol: str = "NQ"
    sessions: int = 60
    seed: int = 0
    edge: Edge = "none"
    edge_strength: float = 3.0
    """Net P&L per trade of the edge's oracle in round-turn costs; 0: its zero-edge twin."""
    rule: Annotated[SessionRule, arg(name="")] = field(default_factory=SessionRule)

    def __call__(self) -> None:
        """Run."""
        check_out(self.out)
        with stage(f"making {self.sessions} sessions"):
            market = synthetic_market(
                self.symbol,
                self.sessions,
                self.seed,
                self.edge,
                self.edge_strength,
                session=self.rule,
            )
        with stage(f"writing {self.out}"):
            save_market(market, self.out)
        print(describe(market))


@dataclass(kw_only=True)
class Split:
    """Divide a saved market's sessions into train, validation and test ranges, by date."""

    market: Positional[Path]
    out: Path
    """The JSON file to write."""
    train: float = 0.6
    validation: float = 0.2
    embargo: int = 1
    """Sessions left out between the ranges."""

    def __call__(self) -> None:
        """Run."""
        split = split_sessions(open_market(self.market), self.train, self.validation, self.embargo)
        save_split(split, self.out)
        for name, (first, last) in split.items():
            print(f"{name:10} {first} to {last}")


@dataclass(kw_only=True)
class Calendar:
    """List the short and closed days of a symbol's exchange."""

    symbol: str = "NQ"
    year: int = 2025

    def __call__(self) -> None:
        """Run."""
        if not 2015 <= self.year <= 2027:
            raise ValueError(f"--year {self.year}: the table covers 2015 to 2027")
        for day, close in sorted(calendar.early_closes(self.symbol).items()):
            date = np.datetime64(day, "D").astype(object)
            if date.year == self.year:
                local = (close + calendar.DAY_START) % calendar.DAY
                shown = f"{local // 60:02d}:{local % 60:02d}" if close else "closed"
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
        ValueError: another suffix than ``.npz``, or no such folder.
    """
    if path.suffix != ".npz":
        raise ValueError(f"--out {path}: a saved market ends in .npz")
    if not path.parent.is_dir():
        raise ValueError(f"--out {path}: no such folder: {path.parent}")


def parse(words: list[str]) -> Callable[[], None]:
    """The command of a command line.

    Raises:
        ValueError: wrong arguments, in one line: the first paragraph of what tyro has to say.
    """
    boxed = io.StringIO()
    try:
        with redirect_stderr(boxed):
            return tyro.extras.subcommand_cli_from_dict(
                COMMANDS, prog="futures-env data", args=words
            )
    except SystemExit as stop:
        if not stop.code:
            raise
    lines = (line.strip("\u2502| ") for line in boxed.getvalue().splitlines()[1:])  # no title
    groups = groupby(lines, key=lambda line: bool(line.strip("-\u2500\u2570\u256f")))
    said = " ".join(" ".join(next((group for is_text, group in groups if is_text), ())).split())
    asked = [word for word in words[:1] if word in COMMANDS]
    help_line = " ".join(["futures-env data", *asked, "--help"])
    raise ValueError(f"{said} (see {help_line})")


def main(arguments: list[str] | None = None) -> None:
    """Entry point ``futures-env``; whatever is refused is one line on stderr and exit code 2."""
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] != ["data"]:
        asked = words[:1] in (["-h"], ["--help"])
        usage = f"usage: futures-env data {{{','.join(COMMANDS)}}} ..."
        print(usage, file=sys.stdout if asked else sys.stderr)
        raise SystemExit(0 if asked else 2)
    try:
        parse(words[1:])()
    except (ValueError, OSError) as error:
        system = isinstance(error, OSError) and error.strerror
        said = f"{error.strerror}: {error.filename}" if system else error
        print(f"error: {said}", file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()

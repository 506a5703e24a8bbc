"""Command line: ``futures-env data import | inspect | synth | split | calendar``."""

import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import tyro
from tyro.conf import Positional, arg

from futures_env.data import calendar
from futures_env.data.importer import import_bars
from futures_env.data.market import SessionRule, build_market
from futures_env.data.picture import draw_bars
from futures_env.data.report import Policy
from futures_env.data.resample import resample
from futures_env.data.splits import save_split, session_dates, split_sessions
from futures_env.data.store import open_market, read_header, save_market
from futures_env.data.synthetic import Edge, synthetic_market
from futures_env.types import MarketData


@contextmanager
def stage(what: str) -> Generator[None]:
    """Say what is going on, and how long it took, on stderr."""
    started = time.perf_counter()
    print(f"{what} ...", end="", file=sys.stderr, flush=True)
    yield
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
    session: Literal["rth", "globex"] = "rth"
    flat_by: str = "16:59"
    resample: int = 0
    """Minutes per bar; 0: as they are."""

    def __call__(self) -> None:
        """Run."""
        with stage("reading and checking"):
            bars, report = import_bars(self.paths, **asdict(self.source))
        print(report)
        with stage("computing features"):
            rule = SessionRule(session=self.session, flat_by=self.flat_by)
            market = build_market(resample(bars, self.resample or bars.bar_minutes), rule)
        about = {"symbol": bars.symbol, "source": report.source, "session": self.session}
        with stage(f"writing {self.out}"):
            save_market(market, self.out, about)
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
            draw_bars(bars, self.picture)
            print(f"picture  {self.picture}")


@dataclass(kw_only=True)
class Synth:
    """Make a synthetic market and save it."""

    out: Path
    symbol: str = "NQ"
    sessions: int = 60
    seed: int = 0
    edge: Edge = "none"
    edge_strength: float = 3.0

    def __call__(self) -> None:
        """Run."""
        settings = {name: value for name, value in asdict(self).items() if name != "out"}
        with stage("walking"):
            market = synthetic_market(**settings)
        save_market(market, self.out, {"source": "synthetic", **settings})
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
    return (
        f"market   {market.num_bars:,} bars, {len(dates)} sessions from {dates[0]} to {dates[-1]}, "
        f"{len(market.starts):,} starts, {int(market.segment[-1]) + 1} contract(s)"
    )


def main(arguments: list[str] | None = None) -> None:
    """Entry point ``futures-env``."""
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] != ["data"]:
        print(f"usage: futures-env data {{{','.join(COMMANDS)}}} ...", file=sys.stderr)
        raise SystemExit(0 if words[:1] in (["-h"], ["--help"]) else 2)
    try:
        tyro.extras.subcommand_cli_from_dict(COMMANDS, prog="futures-env data", args=words[1:])()
    except (ValueError, FileNotFoundError) as error:
        print(f"\nerror: {error}", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()

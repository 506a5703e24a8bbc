"""Commands of several stages: what was asked is recorded, and the folder alone goes on with it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from tyro.conf import arg

from eval_tools.cli.progress import Progress
from eval_tools.cli.require import Requirements
from eval_tools.cli.sources import Bars, open_market
from eval_tools.conditions.market import symbol_of
from eval_tools.pipeline.markets import MARKET, MIRRORED, Markets
from eval_tools.pipeline.record import Record, contradictions
from eval_tools.pipeline.settings import TrainingSettings
from eval_tools.report.artefacts import free_run_id
from eval_tools.report.files import METADATA
from futures_env import ArgumentError, concat_markets
from futures_env.data.importing.report import Report
from futures_env.data.loader import NO_HISTORY
from futures_env.data.signals import SignalOptions
from futures_env.market.table import MarketData

_NOT_RECORDED = ("run_dir", "resume", "out")
_GROUPS = ("bars", "settings", "signals", "plan")
"""Fields that hold flags; flags have no prefix."""


@dataclass(frozen=True, kw_only=True)
class StagedConfig:
    """Flags of a command whose stages are recorded in the folder of the run."""

    FILE: ClassVar[str]
    """Name of the record."""
    KIND: ClassVar[str]
    """Beginning of the names of its runs."""

    bars: Annotated[Bars, arg(name="")] = field(default_factory=Bars)
    run_dir: Path | None = None
    """Folder of the run; without it one in --out, named by symbol and seed."""
    resume: bool = False
    """Go on with the run in --run-dir, with the settings that it was begun with."""
    out: Path = Path("runs")
    """Folder of all runs, where --run-dir is not given."""
    symbols: tuple[str, ...] = ()
    """Several contracts to train on together, e.g. NQ ES: with --data one file of bars each, in
    their order. Not with --symbol."""
    settings: Annotated[TrainingSettings, arg(name="")] = field(default_factory=TrainingSettings)
    require: Requirements = ()
    """What the policy must meet on the sessions of the test."""

    def recorded(self) -> Self | None:
        """With ``--resume`` what the run was begun with, else None."""
        if not self.resume:
            return None
        if self.run_dir is None:
            raise ArgumentError("--resume needs --run-dir, the folder of the run")
        known = self.from_json(Record.open(self.run_dir, self.FILE).settings)
        return replace(known, run_dir=self.run_dir, resume=True)

    def to_json(self) -> dict[str, Any]:
        """What is recorded: flags as they are, files by their whole paths."""
        settings = self.settings
        if settings.curriculum.endswith(".toml"):
            settings = replace(settings, curriculum=str(Path(settings.curriculum).resolve()))
        own = self.bars.signals.features
        signals = replace(self.bars.signals, features=own and own.resolve())
        data = tuple(path.resolve() for path in self.bars.data)
        bars = replace(self.bars, data=data, signals=signals)
        values = asdict(replace(self, settings=settings, bars=bars))
        kept = {name: value for name, value in values.items() if name not in _NOT_RECORDED}
        return json.loads(json.dumps(kept, default=str))

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """What ``to_json`` made."""
        raise NotImplementedError


def shared_from_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that all commands of stages have, but their settings."""
    bars = dict(values["bars"])
    own = bars["signals"]["features"]
    bars["signals"] = SignalOptions(**bars["signals"] | {"features": own and Path(own)})
    bars["data"] = tuple(map(Path, bars["data"]))
    return {
        "bars": Bars(**bars),
        "symbols": tuple(values["symbols"]),
        "require": tuple(values["require"]),
    }


def with_dates(values: Mapping[str, Any]) -> dict[str, Any]:
    """Flags of a group with the dates among them made dates again."""
    days = {name: day for name, day in values.items() if name.endswith(("_start", "_end")) and day}
    return dict(values) | {name: date.fromisoformat(day) for name, day in days.items()}


def say(text: str) -> None:
    """Tell on stdout what came out of a stage."""
    print(text, flush=True)


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A run that is begun, or found where it was stopped.

    Attributes:
        asked: what is recorded of the flags.
        finished: whether its report is written.
    """

    record: Record
    markets: Markets
    asked: dict[str, Any]
    finished: bool


def begin(config: StagedConfig, progress: Progress) -> Begun:
    """Begin a run in a new folder, or open the one to go on with.

    Raises:
        ArgumentError: flags that contradict those of the run.
        RunError, OSError: no such run, or a folder that is in use.
        ValueError: bars that cannot be used.
    """
    asked = config.to_json()
    if config.resume:
        assert config.run_dir is not None
        record = Record.open(config.run_dir.resolve(), config.FILE)
        contradictions(_flat(record.settings), _flat(asked))
        finished = (record.folder / METADATA).is_file()
        if not finished:
            _clear_half_written(record.folder, config.FILE)
        opened = None
    else:
        # a folder that is not named is named by its market
        opened = None if config.run_dir else open_bars(config, progress)
        folder = _folder(config, opened and opened[0])
        record, finished = Record.create(folder, asked, config.FILE), False
    markets = Markets(
        record=record,
        make=lambda mirror: open_bars(config, progress, mirror) if mirror or not opened else opened,
        say=say,
    )
    return Begun(record=record, markets=markets, asked=asked, finished=finished)


def open_bars(
    config: StagedConfig, progress: Progress, mirror: bool = False
) -> tuple[MarketData, str]:
    """The market, or those of several symbols joined, or its mirror image; how it was imported."""
    for path in config.bars.data:
        if config.settings.mirror and path.suffix == ".npz":
            raise ArgumentError(NO_HISTORY.format(path))
    reports: list[Report] = []
    markets = [
        open_market(
            bars,
            config.settings.seed,
            mirror=mirror,
            progress=progress.tell,
            reported=reports.append,
        )
        for bars in _of_each_symbol(config)
    ]
    market = markets[0] if len(markets) == 1 else concat_markets(markets)
    return market, "\n\n".join(map(str, reports))


def _of_each_symbol(config: StagedConfig) -> list[Bars]:
    """The bars of each contract of ``--symbols``; without it those asked for."""
    bars, data = config.bars, config.bars.data
    if not config.symbols:
        return [bars]
    if bars.symbol:
        raise ArgumentError(
            f"--symbol {bars.symbol} and --symbols {' '.join(config.symbols)}: choose one"
        )
    if data and len(data) != len(config.symbols):
        raise ArgumentError(
            f"--data names {len(data)} files, --symbols {len(config.symbols)} contracts: "
            "one file each"
        )
    files = [(path,) for path in data] or [()] * len(config.symbols)
    return [
        replace(bars, symbol=symbol, data=paths)
        for symbol, paths in zip(config.symbols, files, strict=True)
    ]


def _folder(config: StagedConfig, market: MarketData | None) -> Path:
    if market is None:
        assert config.run_dir is not None
        return config.run_dir.resolve()
    made_up = "synthetic-" if any(info.synthetic for info in market.infos) else ""
    stem = f"{config.KIND}-{made_up}{symbol_of(market).lower()}-{config.settings.seed}"
    return config.out.resolve() / free_run_id(config.out, stem)


def _clear_half_written(folder: Path, record: str) -> None:
    """Files of a report that was not finished; metadata.json, its last, is missing."""
    for file in folder.iterdir():
        if file.is_file() and file.name not in (record, MARKET, MIRRORED):
            file.unlink()


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """Flags by name, whatever group they stand in."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        grouped = isinstance(value, Mapping) and name in _GROUPS
        flat |= _flat(value) if grouped else {name: value}
    return flat

"""`eval-tools pipeline`: from bars to a validated Phase 2 agent."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import arg

from eval_tools.cli.checks import rule_sets
from eval_tools.cli.outcome import Requirements, publish, show
from eval_tools.cli.progress import Progress
from eval_tools.cli.sources import Bars, make_env, open_market
from eval_tools.conditions.market import symbol_of
from eval_tools.pipeline.record import RECORD, Record, contradictions
from eval_tools.pipeline.run import MARKET, MIRRORED, Pipeline
from eval_tools.pipeline.settings import Settings
from eval_tools.report.artefacts import free_run_id
from eval_tools.report.files import METADATA
from eval_tools.requirements import parse_requirements
from futures_env import ArgumentError, concat_markets
from futures_env.data.importing.report import Report
from futures_env.data.loader import NO_HISTORY
from futures_env.data.signals import SignalOptions
from futures_env.market.table import MarketData

_NOT_RECORDED = ("run_dir", "resume", "out")


@dataclass(frozen=True, kw_only=True)
class PipelineConfig:
    """Train both phases on the front of a market, choose checkpoints behind it, test on the rest.

    Without --data on a synthetic market. What is asked is recorded in the run's folder, with every
    stage that is done: --resume with --run-dir alone goes on where a run was stopped.
    """

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
    settings: Annotated[Settings, arg(name="")] = field(default_factory=Settings)
    require: Requirements = ()
    """What the policy must meet on the test range."""

    def recorded(self) -> "PipelineConfig | None":
        """With ``--resume`` what the run was begun with, else None."""
        if not self.resume:
            return None
        if self.run_dir is None:
            raise ArgumentError("--resume needs --run-dir, the folder of the run")
        known = _from_json(Record.open(self.run_dir).settings)
        return replace(known, run_dir=self.run_dir, resume=True)


def run_pipeline(config: PipelineConfig) -> Path:
    """Do what is asked, or what is left of it, and print the summary.

    What goes to stdout before the last line depends on the seed and the data alone; progress and
    timing go to stderr.

    Returns:
        Path of report.html.

    Raises:
        ArgumentError: flags that are wrong, or contradict each other or the run.
        ValueError, OSError, TrainingError: bars or a run that cannot be used.
        RequirementError, GateError: something required is not met.
    """
    settings, requirements = config.settings, parse_requirements(config.require)
    settings.check()
    rule_sets(settings.rules)
    described = _to_json(config)
    progress = Progress()
    if config.resume:
        assert config.run_dir is not None
        record = Record.open(config.run_dir.resolve())
        contradictions(_flat(record.settings), _flat(described))
        if (record.folder / METADATA).is_file():
            return show(record.folder)
        _clear_half_written(record.folder)
        opened = None
    else:
        # a folder that is not named is named by its market
        opened = None if config.run_dir else _open(config, progress)
        record = Record.create(_folder(config, opened and opened[0]), described)
    run = Pipeline(
        settings=settings,
        record=record,
        bars=lambda mirror: _open(config, progress, mirror) if mirror or not opened else opened,
        make_env=make_env,
        progress=progress,
        say=lambda text: print(text, flush=True),
    )
    try:
        tested = run.test()
    except (ValueError, OSError):
        record.discard_unless("split")
        raise
    print()
    facts = {"command": "pipeline", "split": record.done("split")}
    return publish(
        record.folder,
        tested.evaluation,
        described | facts,
        requirements,
        progress,
        phases=tested.phases,
    )


def _open(
    config: PipelineConfig, progress: Progress, mirror: bool = False
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


def _of_each_symbol(config: PipelineConfig) -> list[Bars]:
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


def _folder(config: PipelineConfig, market: MarketData | None) -> Path:
    if market is None:
        assert config.run_dir is not None
        return config.run_dir.resolve()
    made_up = "synthetic-" if any(info.synthetic for info in market.infos) else ""
    stem = f"pipeline-{made_up}{symbol_of(market).lower()}-{config.settings.seed}"
    return config.out.resolve() / free_run_id(config.out, stem)


def _clear_half_written(folder: Path) -> None:
    """Files of a report that was not finished; metadata.json, its last, is missing."""
    for file in folder.iterdir():
        if file.is_file() and file.name not in (RECORD, MARKET, MIRRORED):
            file.unlink()


def _to_json(config: PipelineConfig) -> dict[str, Any]:
    """What is recorded: flags as they are, files by their whole paths."""
    settings = config.settings
    if settings.curriculum.endswith(".toml"):
        settings = replace(settings, curriculum=str(Path(settings.curriculum).resolve()))
    own = config.bars.signals.features
    signals = replace(config.bars.signals, features=own and own.resolve())
    data = tuple(path.resolve() for path in config.bars.data)
    bars = replace(config.bars, data=data, signals=signals)
    values = asdict(replace(config, settings=settings, bars=bars))
    kept = {name: value for name, value in values.items() if name not in _NOT_RECORDED}
    return json.loads(json.dumps(kept, default=str))


def _from_json(values: Mapping[str, Any]) -> PipelineConfig:
    bars, settings = dict(values["bars"]), dict(values["settings"])
    own = bars["signals"]["features"]
    bars["signals"] = SignalOptions(**bars["signals"] | {"features": own and Path(own)})
    bars["data"] = tuple(map(Path, bars["data"]))
    for name in ("train_start", "train_end", "test_start", "test_end"):
        settings[name] = settings[name] and date.fromisoformat(settings[name])
    settings["rules"] = tuple(settings["rules"])
    return PipelineConfig(
        bars=Bars(**bars),
        settings=Settings(**settings),
        symbols=tuple(values["symbols"]),
        require=tuple(values["require"]),
    )


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """Flags by name, whatever group they stand in."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        grouped = isinstance(value, Mapping) and name in ("bars", "settings", "signals")
        flat |= _flat(value) if grouped else {name: value}
    return flat

"""`eval-tools pipeline`: from bars to a validated Phase 2 agent."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import Suppress, arg

from eval_tools.cli.outcome import Requirements, publish
from eval_tools.cli.progress import Progress
from eval_tools.cli.sources import Bars, make_env, open_market
from eval_tools.conditions.market import symbol_of
from eval_tools.pipeline.record import RECORD, Record, contradictions
from eval_tools.pipeline.run import MARKET, MIRRORED, Pipeline
from eval_tools.pipeline.settings import Settings
from eval_tools.report.artefacts import free_run_id
from eval_tools.report.files import METADATA, REPORT, SUMMARY
from eval_tools.requirements import parse_requirements
from futures_env import ACCOUNT_RULES, ArgumentError, concat_markets
from futures_env.data.filters import Filter
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
    seed: int = 0
    """Seed of the synthetic market, of training and of the random baseline."""
    timesteps: int = 1_500_000
    """Environment steps of each phase, rounded up to whole updates."""
    train_start: date | None = None
    """First trading day to train on."""
    train_end: date | None = None
    """Last trading day of training and validation."""
    test_start: date | None = None
    """First trading day of the test range; without it the last fifth, at least 15 sessions."""
    test_end: date | None = None
    """Last trading day of the test range."""
    window: int | None = None
    """Bars in the observation; without it that of the market's session rule."""
    curriculum: str = "none"
    """Curriculum of both phases: none, seed, seed-continuous (of Phase 2), tightening (of Phase 1),
    each with seed for the other phase, or a .toml file of points over progress for both."""
    filter: Filter | None = None
    """Where training episodes begin: only where the ATR is above its 75th percentile of the
    training range, where ADX(14) is above 25, or where it is under 20."""
    mirror: float = 0.0
    """Share of training episodes on the market with its prices upside down, against a bias for one
    side."""
    compliance_share: float = 0.0
    """Share of the training environments that play long accounts over contiguous sessions under
    the full rules, beside short episodes."""
    random_costs: bool = False
    """Draw commission (half to one and a half of the contract's) and slippage (0 to twice its
    ticks) of every training environment once."""
    rules: Annotated[
        tuple[str, ...],
        arg(
            help="Rule sets to train under, environments in turn; the first is that of the test. "
            f"Without it default accounts. Known: {', '.join(ACCOUNT_RULES)}, or .toml files."
        ),
    ] = ()
    validations: int = 10
    """Validations during each phase; the best one chooses the checkpoint."""
    reenter: bool = False
    """Replace the long account after a failure and trade on."""
    strict: bool = False
    """Stop, with exit code 1, where a phase does not pass its gate."""
    require: Requirements = ()
    """What the policy must meet on the test range."""
    overrides: Suppress[dict[str, Any]] = field(default_factory=dict)
    """Fields of PPOConfig to change in both phases, e.g. num_envs; for calls from Python."""

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
    settings, requirements = _settings(config), parse_requirements(config.require)
    settings.check()
    described = _to_json(config)
    progress = Progress()
    if config.resume:
        assert config.run_dir is not None
        record = Record.open(config.run_dir.resolve())
        contradictions(_flat(record.settings), _flat(described))
        if (record.folder / METADATA).is_file():
            print((record.folder / SUMMARY).read_text(encoding="utf-8"))
            print(f"report: {record.folder / REPORT}")
            return record.folder / REPORT
        _clear_half_written(record.folder)
        opened = None
    else:
        # a folder that is not named is named by its market
        opened = None if config.run_dir else _open(config)
        record = Record.create(_folder(config, opened), described)
    run = Pipeline(
        settings=settings,
        record=record,
        bars=lambda mirror: _open(config, mirror) if opened is None or mirror else opened,
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


def _open(config: PipelineConfig, mirror: bool = False) -> MarketData:
    """The market, or those of several symbols joined; its mirror image."""
    if not config.symbols:
        return open_market(config.bars, config.seed, mirror=mirror)
    if config.mirror:
        raise ArgumentError(
            f"--mirror {config.mirror} and --symbols {' '.join(config.symbols)}: choose one"
        )
    bars, data = config.bars, config.bars.data
    if bars.symbol is not None:
        raise ArgumentError(
            f"--symbol {bars.symbol} and --symbols {' '.join(config.symbols)}: choose one"
        )
    if data and len(data) != len(config.symbols):
        raise ArgumentError(
            f"--data names {len(data)} files, --symbols {len(config.symbols)} contracts: "
            "one file each"
        )
    files = [(path,) for path in data] or [()] * len(config.symbols)
    return concat_markets(
        [
            open_market(replace(bars, symbol=symbol, data=paths), config.seed)
            for symbol, paths in zip(config.symbols, files, strict=True)
        ]
    )


def _folder(config: PipelineConfig, market: MarketData | None) -> Path:
    if market is None:
        assert config.run_dir is not None
        return config.run_dir.resolve()
    made_up = "synthetic-" if any(info.synthetic for info in market.infos) else ""
    stem = f"pipeline-{made_up}{symbol_of(market).lower()}-{config.seed}"
    return config.out.resolve() / free_run_id(config.out, stem)


def _settings(config: PipelineConfig) -> Settings:
    names = {one.name for one in fields(Settings)} - {"overrides"}
    chosen = {name: getattr(config, name) for name in names if hasattr(config, name)}
    return Settings(**chosen, overrides=tuple(config.overrides.items()))


def _clear_half_written(folder: Path) -> None:
    """Files of a report that was not finished; metadata.json, its last, is missing."""
    for file in folder.iterdir():
        if file.is_file() and file.name not in (RECORD, MARKET, MIRRORED):
            file.unlink()


def _to_json(config: PipelineConfig) -> dict[str, Any]:
    values = {name: value for name, value in asdict(config).items() if name not in _NOT_RECORDED}
    bars, own = values["bars"], config.bars.signals.features
    signals = bars["signals"] | {"features": None if own is None else str(own.resolve())}
    data = [str(path.resolve()) for path in config.bars.data]
    values["bars"] = {**bars, "data": data, "signals": signals}
    if config.curriculum.endswith(".toml"):
        values["curriculum"] = str(Path(config.curriculum).resolve())
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def _from_json(values: Mapping[str, Any]) -> PipelineConfig:
    recorded = values["bars"]
    own = recorded["signals"]["features"]
    signals = recorded["signals"] | {"features": None if own is None else Path(own)}
    data = tuple(map(Path, recorded["data"]))
    bars = Bars(**recorded | {"data": data, "signals": SignalOptions(**signals)})
    days = {
        name: date.fromisoformat(values[name])
        for name in ("train_start", "train_end", "test_start", "test_end")
        if values[name] is not None
    }
    lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    chosen: dict[str, Any] = dict(values) | days | lists | {"bars": bars}
    return PipelineConfig(**chosen)


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """Flags by name; those of the bars are flags like all others."""
    bars = values["bars"]
    return {**values, **bars, **bars["signals"]} | {"bars": None, "signals": None}

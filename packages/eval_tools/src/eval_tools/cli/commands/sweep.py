"""`eval-tools sweep`: which checkpoint of a run, chosen on sessions before those of the test."""

from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
from tyro.conf import Positional, arg

from eval_tools.cli.account import AccountFlags, params_in_force
from eval_tools.cli.checks import check_dates, check_level
from eval_tools.cli.held import sessions_to_judge
from eval_tools.cli.outcome import publish_tables
from eval_tools.cli.progress import Progress
from eval_tools.cli.sources import Bars, make_env, open_market
from eval_tools.conditions.looks import with_looks
from eval_tools.conditions.market import DataSource
from eval_tools.conditions.training import TrainingRecord
from eval_tools.formats import aligned, count, usd
from eval_tools.measures.sharpe import SharpeRatio
from eval_tools.report.artefacts import check_unused, create_run, free_run_id
from eval_tools.report.files import REPORT
from eval_tools.report.rows import SweepRow
from eval_tools.report.sections import page, sweep_section
from eval_tools.sweep import RULES, Looked, chosen_by, load_all, look_at, overfitting_of
from ppo_agent.storage.checkpoint_reader import find_step


@dataclass(frozen=True, kw_only=True)
class SweepConfig:
    """Play every kept checkpoint of a run on the same sessions and choose one by a stated rule."""

    run: Positional[Path]
    """Run folder of ppo-agent."""
    bars: Annotated[Bars, arg(name="")] = field(default_factory=Bars)
    start: date | None = None
    """First trading day; without it the first one behind the days trained on."""
    end: date | None = None
    """Last trading day; without it the middle of the held sessions, so that the later half is left
    for the test."""
    allow_overlap: bool = False
    """Accept sessions that were trained on."""
    phase: Literal[1, 2] = 2
    """Phase of the environment: 1 (entries) or 2 (entries and management)."""
    window: int | None = None
    """Bars in the observation; without it that of the market's session rule."""
    account: Annotated[AccountFlags, arg(name="")] = field(default_factory=AccountFlags)
    choose: Literal["low", "mean", "sharpe"] = "low"
    """Rule: the highest lower end of the interval of mean daily P&L, the highest mean, or the
    highest Sharpe ratio."""
    level: float = 0.95
    """Coverage of the intervals."""
    seed: int = 0
    """Seed of the bootstrap."""
    out: Path = Path("runs")
    """Folder of all runs."""
    run_id: str = ""
    """Name of this run's folder, which must not exist; without it made from the run's."""


def run_sweep(config: SweepConfig) -> Path:
    """Play, choose, print and write; returns the path of the report.

    Raises:
        ArgumentError: flags that are wrong or contradict each other, the market or the run.
        ValueError, OSError: bars or a run that cannot be used.
    """
    _check(config)
    find_step(config.run, None)
    check_unused(config.out, config.run_id)
    progress = Progress()
    with progress.stage("market"):
        market = open_market(config.bars)
    env = make_env(market, config.phase, config.window)
    agents = load_all(config.run, env.observation_layout)
    record = TrainingRecord.of(config.run, agents[max(agents)].metadata)
    params = params_in_force(config.account, env, record)
    held = sessions_to_judge(config, record, market, env.config.window)
    sessions = held if config.end else held.head((len(held) + 1) // 2)
    with progress.stage(count(len(agents), "checkpoint")):
        looked = look_at(
            env,
            params,
            agents,
            sessions,
            level=config.level,
            seed=config.seed,
            progress=progress.share,
        )
    for agent in agents.values():  # each is a look at held sessions, which later ones count
        with_looks(TrainingRecord.of(config.run, agent.metadata), config.run, sessions, params)
    chosen = chosen_by(config.choose, looked)
    source = DataSource.of(market)
    numbers: dict[str, Any] = {"data": asdict(source)} | _numbers(looked, chosen, config, sessions)
    text = sweep_text(numbers, config.run.name, source.label)
    rows = [SweepRow(**one) for one in numbers["checkpoints"]]
    section = sweep_section(rows, numbers["rule"], numbers["remark"])
    run_id = config.run_id or free_run_id(config.out, f"sweep-{config.run.name}")
    folder = create_run(config.out, run_id)
    publish_tables(
        folder,
        numbers,
        text,
        asdict(config) | {"command": "sweep"},
        progress,
        page=page(
            f"Checkpoints of {config.run.name} on {source.label}",
            numbers["headline"],
            [numbers["remark"]],
            [section],
        ),
    )
    return folder / REPORT


def _numbers(
    looked: list[Looked], chosen: Looked, config: SweepConfig, sessions: pd.DataFrame
) -> dict[str, Any]:
    """What metrics.json holds: every checkpoint, the choice, and what choosing costs."""
    first, last = (f"{sessions['date'].iloc[place]:%Y-%m-%d}" for place in (0, -1))
    ratio = SharpeRatio.of(chosen.daily)
    deflated = None if ratio is None else ratio.deflated(len(looked))
    spread = overfitting_of(looked)
    told = "" if deflated is None else f"; probability that its Sharpe is no luck {deflated:.1%}"
    return {
        "rule": RULES[config.choose][0],
        "chosen": chosen.step,
        "deflated_sharpe": deflated,
        "headline": (
            f"Step {chosen.step:,} by {RULES[config.choose][0]}, out of {len(looked)}{told}."
        ),
        "overfitting": None if spread is None else asdict(spread),
        "remark": (
            f"Sessions {first} to {last} ({len(sessions)}) have chosen: test on later ones, "
            f"with --step {chosen.step}. Each checkpoint seen is a trial: {len(looked)}."
            + ("" if spread is None else f" {spread.told('checkpoint')}.")
        ),
        "checkpoints": [
            {
                "step": one.step,
                "place": one.place,
                "mean_usd": one.interval.mean,
                "low": one.interval.low,
                "high": one.interval.high,
                "trades": one.trades,
                "breaches": one.breaches,
                "chosen": one.step == chosen.step,
            }
            for one in looked
        ],
    }


def sweep_text(numbers: dict[str, Any], run: str, label: str) -> str:
    """What the console shows; no time and no path in it."""
    columns = ["updates", "place", "per day", "interval", "trades", "breaches", ""]
    rows = [
        [
            f"{one['step']:,}",
            one["place"],
            usd(one["mean_usd"]),
            f"{usd(one['low'], 0)} .. {usd(one['high'], 0)}",
            f"{one['trades']:,}",
            str(one["breaches"]),
            "chosen" if one["chosen"] else "",
        ]
        for one in numbers["checkpoints"]
    ]
    lines = [f"Checkpoints of {run} on {label}", "", *aligned([columns, *rows]), ""]
    return "\n".join([*lines, numbers["headline"], numbers["remark"]]) + "\n"


def _check(config: SweepConfig) -> None:
    config.account.check()
    check_level(config.level)
    check_dates(config.start, config.end)

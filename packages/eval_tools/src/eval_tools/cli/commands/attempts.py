"""`eval-tools attempts`: which firm, which size."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import arg

from eval_tools.attempts.lives import Desk, Horizon
from eval_tools.attempts.plan import Attempt, Stake, plan
from eval_tools.attempts.summary import attempts_text
from eval_tools.attempts.table import Tried, rows_of
from eval_tools.cli.checks import check_dates, check_level, rule_sets
from eval_tools.cli.held import sessions_to_judge
from eval_tools.cli.null import matched_null
from eval_tools.cli.outcome import publish_tables
from eval_tools.cli.progress import Progress
from eval_tools.cli.sources import Bars, make_env, open_market
from eval_tools.cli.subjects import SubjectFlags, check_subject, find_subject, open_subject
from eval_tools.conditions.market import DataSource
from eval_tools.conditions.parameters import DEFAULT_RULES
from eval_tools.formats import count
from eval_tools.policies.controls import gross_params
from eval_tools.policies.policy import Policy
from eval_tools.report.artefacts import check_unused, create_run, free_run_id, write_new
from eval_tools.report.attempts import MOST_FANS, Shown, attempts_page, fan_of, passing_most
from eval_tools.report.rows import Fan
from futures_env import ArgumentError
from futures_env.accounts.rules import AccountRules
from futures_env.codes import AccountStatus
from futures_env.env import FuturesEnv


@dataclass(frozen=True, kw_only=True)
class AttemptsConfig:
    """Try evaluations from many start days: P(pass) by rule set and size, and what a pass pays."""

    subject: Annotated[SubjectFlags, arg(name="")] = field(default_factory=SubjectFlags)
    bars: Annotated[Bars, arg(name="")] = field(default_factory=Bars)
    start: date | None = None
    """First start day; without it the first one behind the days trained on."""
    end: date | None = None
    """Last start day; without it the last one that leaves --days sessions."""
    allow_overlap: bool = False
    """Accept start days that were trained on."""
    phase: Literal[1, 2] = 2
    """Phase of the environment: 1 (entries) or 2 (entries and management)."""
    window: int | None = None
    """Bars in the observation; without it that of the market's session rule."""
    rules: tuple[str, ...] = (DEFAULT_RULES,)
    """Rule sets by name, or files of your own."""
    contracts: tuple[int, ...] = ()
    """Sizes in contracts; without them and without --risk 1."""
    risk: tuple[float, ...] = ()
    """Sizes in US dollars at risk a trade."""
    attempts: int = 64
    """Start days of each rule set and size, evenly spread; at most one a session."""
    random_starts: bool = False
    """Draw the start days by --seed instead of spreading them evenly."""
    days: int = 30
    """Sessions after which an evaluation counts as not decided."""
    funded_days: int = 60
    """Sessions for which a funded account is followed."""
    null: bool = True
    """Play the same attempts without costs on a martingale with the market's volatility too."""
    seed: int = 0
    """Seed of the policy's draws, of the martingale, and of random start days."""
    level: float = 0.95
    """Coverage of the intervals."""
    out: Path = Path("runs")
    """Folder of all runs."""
    run_id: str = ""
    """Name of this run's folder, which must not exist; without it made from the policy's."""


def run_attempts(config: AttemptsConfig) -> Path:
    """Play, print the table, write it; returns the run's folder.

    Raises:
        ArgumentError: flags that are wrong or contradict each other, the market or the run.
        ValueError, OSError: bars, rules or a run that cannot be used.
    """
    rules, stakes = _check(config), _stakes(config)
    find_subject(config.subject)
    check_unused(config.out, config.run_id)
    progress = Progress()
    with progress.stage("market"):
        market = open_market(config.bars)
    env = make_env(market, config.phase, config.window)
    judged = open_subject(config.subject, env, config.phase)
    sessions = sessions_to_judge(config, judged.record, market, env.config.window)
    horizon = Horizon(evaluation=config.days, funded=config.funded_days)
    with progress.stage(f"attempts, {count(len(rules) * len(stakes), 'row')}"):
        days = sessions["session"].to_numpy()
        left = days if config.end else days[: -config.days + 1 or None]
        if not len(left):
            raise ValueError(
                f"{len(days)} sessions leave no start day for attempts of {config.days}: give more "
                "bars, a smaller --days, or --end"
            )
        seed = config.seed if config.random_starts else None
        attempts = plan(rules, stakes, left, config.attempts, seed)
        desk = Desk(env, judged.policy, env.default_params, horizon, config.seed)
        tried = Tried(attempts=attempts, lives=desk.live(attempts, progress.share))
    null = _driftless(config, attempts, env, judged.policy, progress)
    rows = rows_of(tried, null, config.level)
    run_id = config.run_id or free_run_id(config.out, f"attempts-{judged.stem}")
    folder = create_run(config.out, run_id)
    source = DataSource.of(market)
    numbers = {"data": asdict(source), "rows": [asdict(row) for row in rows]}
    write_new(folder / "attempts.parquet", partial(tried.table.to_parquet, index=False))
    publish_tables(
        folder,
        numbers,
        attempts_text(numbers["rows"], source.label, config.level),
        asdict(config) | {"command": "attempts"},
        progress,
        page=attempts_page(numbers["rows"], _fans(tried, numbers["rows"]), source, config.level),
        facts=judged.facts,
    )
    return folder


def _fans(tried: Tried, rows: Sequence[Shown]) -> list[Fan]:
    """Equity of the rule sets and sizes that pass most often, in their first evaluation."""
    fans = []
    for row in passing_most(rows)[:MOST_FANS]:
        stages = [life.evaluations[0] for _, life in tried.of(row["rules"], row["size"])]
        played = [
            (one.path.until(one.verdict.bar + 1), one.verdict.outcome == AccountStatus.PASSED)
            for one in stages
        ]
        target = stages[0].rules.profit_target
        fans.append(fan_of(f"{row['rules']}, {row['size']}", target, played))
    return fans


def _driftless(
    config: AttemptsConfig,
    attempts: Sequence[Attempt],
    env: FuturesEnv,
    policy: Policy,
    progress: Progress,
) -> Tried | None:
    """The same attempts without costs on a matched martingale; nobody is funded."""
    if not config.null:
        return None
    with progress.stage("the same without costs on a martingale"):
        market = matched_null(env.default_params.market, config.seed, progress)
        if market is None:
            return None
        params = gross_params(replace(env.default_params, market=market))
        unfunded = [replace(one, rules=replace(one.rules, funded=None)) for one in attempts]
        desk = Desk(env, policy, params, Horizon(evaluation=config.days, funded=1), config.seed)
        return Tried(attempts=unfunded, lives=desk.live(unfunded, progress.share))


def _stakes(config: AttemptsConfig) -> list[Stake]:
    by_risk = [Stake(risk_usd=one) for one in config.risk]
    by_count = [Stake(contracts=one) for one in config.contracts]
    return by_count + by_risk or [Stake(contracts=1)]


def _check(config: AttemptsConfig) -> list[AccountRules]:
    """The rule sets; refuses flags that contradict each other, before anything is read."""
    check_subject(config.subject)
    for name in ("attempts", "days", "funded_days"):
        if getattr(config, name) < 1:
            raise ArgumentError(f"--{name.replace('_', '-')} must be at least 1")
    check_level(config.level)
    check_dates(config.start, config.end)
    if min([*config.contracts, *config.risk], default=1) <= 0:
        raise ArgumentError("--contracts and --risk must be above 0")
    found = rule_sets(config.rules)
    if funded := [one.name for one in found if not one.profit_target]:
        raise ArgumentError(f"--rules {' '.join(funded)}: a funded account is not an evaluation")
    return found

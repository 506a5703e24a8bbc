"""`eval-tools evaluate`: a checkpoint on sessions that its training held out."""

from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import arg

from eval_tools.cli.account import params_in_force
from eval_tools.cli.held import sessions_to_judge
from eval_tools.cli.outcome import Requirements, publish
from eval_tools.cli.progress import Progress
from eval_tools.cli.sources import Bars, make_env, open_market
from eval_tools.cli.subjects import SubjectFlags, check_subject, find_subject, open_subject
from eval_tools.conditions.looks import with_looks
from eval_tools.conditions.parameters import (
    DEFAULT_RULES,
)
from eval_tools.conditions.training import TrainingRecord
from eval_tools.evaluation import (
    Contender,
    Options,
    baseline_contenders,
    evaluate,
    fixed_bracket,
)
from eval_tools.policies.baselines import Baseline
from eval_tools.report.artefacts import create_run, free_run_id, unused_folder
from eval_tools.requirements import parse_requirements
from futures_env import ACCOUNT_RULES, ArgumentError, account_rules
from futures_env.data.synthetic.matched import matched_martingale
from futures_env.market.table import MarketData


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig:
    """Validate a policy beside its baselines, a checkpoint on sessions held out of its training."""

    subject: Annotated[SubjectFlags, arg(name="")] = field(default_factory=SubjectFlags)
    bars: Annotated[Bars, arg(name="")] = field(default_factory=Bars)
    market_seed: int | None = None
    """Seed of the synthetic market; without it 0. Not with --data."""
    start: date | None = None
    """First trading day; without it the first one behind the days trained on, with a session
    between."""
    end: date | None = None
    """Last trading day; without it the market's last."""
    allow_overlap: bool = False
    """Accept sessions that were trained on; the verdict then begins with that."""
    phase: Literal[1, 2] = 2
    """Phase of the environment: 1 (entries) or 2 (entries and management)."""
    window: int | None = None
    """Bars in the observation; without it that of the market's session rule."""
    rules: Annotated[
        str | None,
        arg(
            help=f"Rule set whose account is traded; without it {DEFAULT_RULES}. A .toml file of "
            f"your own, or one of: {', '.join(ACCOUNT_RULES)}."
        ),
    ] = None
    as_trained: bool = False
    """Trade the account, costs and orders that training ended with, in place of a rule set."""
    env_params: str = "{}"
    """Changes of single parameters as a JSON object, e.g. '{"contracts": 2}'. What only training
    uses cannot be set."""
    baselines: tuple[Baseline, ...] = tuple(Baseline)
    """What stands beside the policy."""
    other_trials: int = 0
    """Strategies tried besides those that the run recorded: other configurations, other runs. The
    deflated Sharpe ratio makes up for all of them."""
    null: bool = True
    """Play the policy on a matched martingale too, where none can win: what luck and costs make."""
    require: Requirements = ()
    """What the policy must meet."""
    out: Path = Path("runs")
    """Folder of all runs."""
    run_id: str = ""
    """Name of this run's folder, which must not exist; without it made from the checkpoint's."""
    options: Annotated[Options, arg(name="")] = field(default_factory=Options)


def run_evaluate(config: EvaluateConfig) -> Path:
    """Evaluate, print the summary, write the artefacts; returns the report's path.

    Raises:
        ArgumentError: flags that are wrong or contradict each other, the market or the run.
        ValueError, OSError, CoverageError: bars or a run that cannot be used.
    """
    _check(config)
    requirements = parse_requirements(config.require)
    find_subject(config.subject)
    if config.run_id:
        unused_folder(config.out, config.run_id)
    progress = Progress()
    with progress.stage("market"):
        market = open_market(config.bars, config.market_seed or 0)
    env = make_env(market, config.phase, config.window)
    judged = open_subject(config.subject, env, config.phase)
    run_id = config.run_id or free_run_id(config.out, f"evaluate-{judged.stem}")
    record = with_other_trials(judged.record, config.other_trials)
    params = params_in_force(config, env, record)
    sessions = sessions_to_judge(config, record, market, env.config.window)
    if record is not None and config.subject.checkpoint is not None:
        record = with_looks(record, config.subject.checkpoint, sessions, params)
    subject = Contender(name=judged.name, env=env, policy=judged.policy, params=params)
    others = baseline_contenders(env, params, config.baselines)
    if config.phase > 1:
        others.append(fixed_bracket(subject))
    with progress.stage("validation"):
        evaluation = evaluate(
            subject,
            others,
            sessions,
            config.options,
            training=record,
            null=_null(market, config, progress),
            rules="" if config.as_trained else config.rules or DEFAULT_RULES,
            progress=progress.tell,
        )
    described = asdict(config) | {"command": "evaluate"} | judged.facts
    folder = create_run(config.out, run_id)
    return publish(folder, evaluation, described, requirements, progress)


def _null(market: MarketData, config: EvaluateConfig, progress: Progress) -> MarketData | None:
    """The matched martingale, or why there is none."""
    if not config.null:
        return None
    try:
        return matched_martingale(market, config.options.seed)
    except ValueError as error:
        progress.tell(f"no matched martingale: {error}; going on without the null")
        return None


def with_other_trials(record: TrainingRecord | None, others: int) -> TrainingRecord | None:
    """The record with so many strategies tried besides; without a record nothing counts them.

    Raises:
        ArgumentError: others without a record.
    """
    if record is None:
        if others:
            raise ArgumentError("--other-trials: only the trials of a --checkpoint are counted")
        return None
    return replace(record, trials=replace(record.trials, others=others))


def _check(config: EvaluateConfig) -> None:
    """Refuse flags that contradict each other, before anything is read."""
    if config.as_trained and config.subject.checkpoint is None:
        raise ArgumentError("--as-trained: only a --checkpoint records what it was trained under")
    if config.as_trained and config.rules is not None:
        raise ArgumentError(f"--as-trained and --rules {config.rules}: choose one account")
    if config.rules is not None and config.rules.endswith(".toml"):
        account_rules(config.rules)  # a file that cannot be used is no wrong argument
    elif config.rules is not None and config.rules not in ACCOUNT_RULES:
        raise ArgumentError(
            f"--rules {config.rules}: no such rule set; a .toml file of your own, or one of "
            f"{', '.join(ACCOUNT_RULES)}"
        )
    if config.market_seed is not None and config.bars.data:
        raise ArgumentError(
            f"--market-seed {config.market_seed} makes a synthetic market, but --data names bars"
        )
    if config.other_trials < 0:
        raise ArgumentError(f"--other-trials {config.other_trials}: at least 0")
    if config.start is not None and config.end is not None and config.start > config.end:
        raise ArgumentError(f"--start {config.start} lies behind --end {config.end}")
    check_subject(config.subject)

"""`eval-tools evaluate`: a checkpoint on sessions that its training held out."""

from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import arg

from eval_tools.cli.account import AccountFlags, params_in_force
from eval_tools.cli.checks import check_dates
from eval_tools.cli.held import sessions_to_judge
from eval_tools.cli.null import matched_null
from eval_tools.cli.outcome import publish
from eval_tools.cli.progress import Progress
from eval_tools.cli.require import Requirements
from eval_tools.cli.sources import Bars, make_env, open_market
from eval_tools.cli.subjects import SubjectFlags, check_subject, find_subject, open_subject
from eval_tools.conditions.looks import with_looks
from eval_tools.conditions.training import TrainingRecord
from eval_tools.evaluation import (
    Contender,
    Options,
    baseline_contenders,
    evaluate,
    fixed_bracket,
)
from eval_tools.policies.baselines import Baseline
from eval_tools.report.artefacts import check_unused, create_run, free_run_id
from eval_tools.requirements import parse_requirements
from futures_env import ArgumentError


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig:
    """Validate a policy beside its baselines, a checkpoint on sessions held out of its training."""

    subject: Annotated[SubjectFlags, arg(name="")] = field(default_factory=SubjectFlags)
    bars: Annotated[Bars, arg(name="")] = field(default_factory=Bars)
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
    account: Annotated[AccountFlags, arg(name="")] = field(default_factory=AccountFlags)
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
    check_unused(config.out, config.run_id)
    progress = Progress()
    with progress.stage("market"):
        market = open_market(config.bars)
    env = make_env(market, config.phase, config.window)
    judged = open_subject(config.subject, env, config.phase)
    run_id = config.run_id or free_run_id(config.out, f"evaluate-{judged.stem}")
    record = with_other_trials(judged.record, config.other_trials)
    params = params_in_force(config.account, env, record)
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
            null=matched_null(market, config.options.seed, progress) if config.null else None,
            rules=config.account.evaluated_rules,
            progress=progress.tell,
        )
    described = asdict(config) | {"command": "evaluate"} | judged.facts
    folder = create_run(config.out, run_id)
    return publish(folder, evaluation, described, requirements, progress)


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
    if config.account.as_trained and config.subject.checkpoint is None:
        raise ArgumentError("--as-trained: only a --checkpoint records what it was trained under")
    config.account.check()
    if config.other_trials < 0:
        raise ArgumentError(f"--other-trials {config.other_trials}: at least 0")
    check_dates(config.start, config.end)
    check_subject(config.subject)

"""`eval-tools evaluate`: a checkpoint on sessions that its training held out."""

from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
from tyro.conf import arg

from eval_tools.cli.account import checkpoint_step, params_in_force
from eval_tools.cli.outcome import Requirements, publish
from eval_tools.cli.progress import Progress
from eval_tools.cli.sources import Bars, make_env, open_market
from eval_tools.conditions.parameters import (
    DEFAULT_RULES,
)
from eval_tools.conditions.training import TrainingRecord, first_held_date, sessions_seen
from eval_tools.evaluation import (
    Contender,
    Options,
    baseline_contenders,
    evaluate,
    fixed_bracket,
)
from eval_tools.policies.agents import agent_policy, load_agent
from eval_tools.policies.baselines import Baseline
from eval_tools.report.artefacts import create_run, free_run_id, unused_folder
from eval_tools.requirements import parse_requirements
from eval_tools.rollout.sessions import sessions_between
from futures_env import ACCOUNT_RULES, ArgumentError
from futures_env.market.table import MarketData


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig:
    """Validate a checkpoint on sessions held out of its training, beside its baselines."""

    checkpoint: Path
    """Run folder or checkpoint folder of ppo-agent."""
    step: str = ""
    """Updates done, or `best` by the validation metric; without it the newest."""
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
            help=f"Rule set whose account is traded; without it {DEFAULT_RULES}. Known: "
            f"{', '.join(ACCOUNT_RULES)}."
        ),
    ] = None
    as_trained: bool = False
    """Trade the account, costs and orders that training ended with, in place of a rule set."""
    env_params: str = "{}"
    """Changes of single parameters as a JSON object, e.g. '{"contracts": 2}'. What only training
    uses cannot be set."""
    sampled: bool = False
    """Draw actions from the policy instead of taking the most probable."""
    baselines: tuple[Baseline, ...] = tuple(Baseline)
    """What stands beside the policy."""
    other_trials: int = 0
    """Strategies tried besides those that the run recorded: other configurations, other runs. The
    deflated Sharpe ratio makes up for all of them."""
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
    run_id = config.run_id or free_run_id(config.out, f"evaluate-{config.checkpoint.name}")
    unused_folder(config.out, run_id)
    progress = Progress()
    with progress.stage("market"):
        market = open_market(config.bars, config.market_seed or 0)
    env = make_env(market, config.phase, config.window)
    agent = load_agent(config.checkpoint, env.observation_layout, checkpoint_step(config.step))
    record = TrainingRecord.of(config.checkpoint, agent.metadata)
    record = replace(record, trials=replace(record.trials, others=config.other_trials))
    params = params_in_force(config, env, record)
    sessions = sessions_to_judge(config, record, market, env.config.window)
    subject = Contender(
        name=f"Phase {config.phase} policy" + (", sampled" if config.sampled else ""),
        env=env,
        policy=agent_policy(agent, greedy=not config.sampled),
        params=params,
    )
    others = baseline_contenders(env, params, config.baselines)
    if config.phase > 1:
        others.append(fixed_bracket(subject))
    with progress.stage("validation"):
        evaluation = evaluate(
            subject, others, sessions, config.options, training=record, progress=progress.tell
        )
    described = asdict(config) | {"command": "evaluate", "step": agent.metadata["step"]}
    folder = create_run(config.out, run_id)
    return publish(folder, evaluation, described, requirements, progress)


def sessions_to_judge(
    config: EvaluateConfig, record: TrainingRecord, market: MarketData, window: int
) -> pd.DataFrame:
    """Sessions between the dates, by default those that training held out.

    Raises:
        ArgumentError: some of them were trained on and that was not allowed.
        ValueError: there are none.
    """
    start = None if config.start is None else str(config.start)
    if start is None and record.known and not config.allow_overlap:
        start = first_held_date(record, market)
    end = None if config.end is None else str(config.end)
    sessions = sessions_between(market, window, start, end)
    seen = sessions_seen(record, market, sessions) if record.known else 0
    if seen and not config.allow_overlap:
        raise ArgumentError(
            f"{seen} of the {len(sessions)} sessions from {sessions['date'].min():%Y-%m-%d} to "
            f"{sessions['date'].max():%Y-%m-%d} were trained on, {record.facts['first_date']} to "
            f"{record.facts['last_date']}: choose other dates, or --allow-overlap"
        )
    return sessions


def _check(config: EvaluateConfig) -> None:
    """Refuse flags that contradict each other, before anything is read."""
    if config.as_trained and config.rules is not None:
        raise ArgumentError(f"--as-trained and --rules {config.rules}: choose one account")
    if config.rules is not None and config.rules not in ACCOUNT_RULES:
        raise ArgumentError(
            f"--rules {config.rules}: no such rule set; known: {', '.join(ACCOUNT_RULES)}"
        )
    if config.market_seed is not None and config.bars.data:
        raise ArgumentError(
            f"--market-seed {config.market_seed} makes a synthetic market, but --data names bars"
        )
    if config.other_trials < 0:
        raise ArgumentError(f"--other-trials {config.other_trials}: at least 0")
    if config.start is not None and config.end is not None and config.start > config.end:
        raise ArgumentError(f"--start {config.start} lies behind --end {config.end}")

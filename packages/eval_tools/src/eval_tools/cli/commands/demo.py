"""The demonstration: train Phase 1, transfer, train Phase 2, validate on held sessions."""

from dataclasses import asdict, dataclass, field, replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import Suppress, arg

from eval_tools.cli.outcome import Requirements, publish
from eval_tools.cli.progress import Progress
from eval_tools.cli.sources import Bars, make_env, open_market
from eval_tools.conditions.market import DataSource, symbol_of
from eval_tools.conditions.training import TrainingRecord
from eval_tools.evaluation import (
    Contender,
    Options,
    baseline_contenders,
    evaluate,
    fixed_bracket,
)
from eval_tools.outcome import Evaluation
from eval_tools.policies.agents import agent_policy
from eval_tools.report.artefacts import create_run, free_run_id
from eval_tools.requirements import parse_requirements
from eval_tools.rollout.sessions import sessions_between
from eval_tools.rollout.split import Split, hold_out
from futures_env import ArgumentError, slice_market
from futures_env.market.table import MarketData
from futures_env.params.curriculum import curriculum
from ppo_agent.config import FINE_TUNING, PPOConfig
from ppo_agent.policy import Policy
from ppo_agent.train import train
from ppo_agent.transfer import transfer
from ppo_agent.types import Learned

WINDOW = 20


@dataclass(frozen=True, kw_only=True)
class DemoConfig:
    """Train both phases on the front of a market, then validate on the sessions behind it."""

    bars: Annotated[Bars, arg(name="")] = field(default_factory=Bars)
    out: Path = Path("runs")
    """Folder of all runs."""
    run_id: str = ""
    """Name of this run's folder, which must not exist; without it made from symbol and seed."""
    seed: int = 0
    """Seed of the synthetic market, of training and of the random baseline."""
    timesteps: int = 1_500_000
    """Environment steps of each phase, rounded up to whole updates."""
    train_start: date | None = None
    """First trading day to train on."""
    train_end: date | None = None
    """Last trading day to train on."""
    valid_start: date | None = None
    """First held trading day; without it the last fifth is held, at least 15 sessions."""
    valid_end: date | None = None
    """Last held trading day."""
    reenter: bool = False
    """Replace the long account after a failure and trade on."""
    require: Requirements = ()
    """What the policy must meet."""
    overrides: Suppress[dict[str, Any]] = field(default_factory=dict)
    """Fields of PPOConfig to change in both phases, e.g. num_envs; for calls from Python."""


def run_demo(config: DemoConfig) -> Path:
    """Train, validate, print the summary, write the artefacts.

    What goes to stdout before the last line depends on the seed and the data alone; progress and
    timing go to stderr.

    Returns:
        Path of report.html.
    """
    _check(config)
    requirements = parse_requirements(config.require)
    progress = Progress()
    with progress.stage("market"):
        market = open_market(config.bars, config.seed)
        source = DataSource.of(market)
        split = hold_out(
            market,
            train_start=config.train_start,
            train_end=config.train_end,
            held_start=config.valid_start,
            held_end=config.valid_end,
        )
    made_up = "synthetic-" if source.synthetic else ""
    stem = f"demo-{made_up}{symbol_of(market).lower()}-{config.seed}"
    folder = create_run(config.out, config.run_id or free_run_id(config.out, stem))
    print(_split_text(source, split) + "\n", flush=True)
    training = slice_market(market, split.train_start, split.train_end, WINDOW)
    with progress.stage("Phase 1"):
        first = _train_phase(1, training, config, folder / "phase1")
    with progress.stage("Phase 2"):
        second = _train_phase(2, training, config, folder / "phase2", first)
    with progress.stage("validation"):
        evaluation = _validate(market, split, config, (first, second), folder, progress)
    described = asdict(config) | {"split": asdict(split), "command": "demo"}
    return publish(folder, evaluation, described, requirements, progress)


def _check(config: DemoConfig) -> None:
    """Refuse dates that contradict each other, before anything is read."""
    ends = {
        "--train-start": config.train_start,
        "--train-end": config.train_end,
        "--valid-start": config.valid_start,
        "--valid-end": config.valid_end,
    }
    given = [(name, day) for name, day in ends.items() if day is not None]
    for (before, early), (after, late) in pairwise(given):
        if late < early or (late == early and after == "--valid-start"):
            raise ArgumentError(
                f"{before} {early} and {after} {late}: training and validation must be disjoint, "
                "and a range begins before it ends"
            )


def phase_config(config: DemoConfig, phase: int) -> PPOConfig:
    """Defaults of ppo_agent; Phase 2 fine-tunes."""
    rates = {} if phase == 1 else FINE_TUNING
    known = PPOConfig().to_dict() | {"seed": config.seed, **rates} | config.overrides
    per_update = known["num_envs"] * known["num_steps"]
    updates = -(-config.timesteps // per_update)
    return PPOConfig.from_dict(known | {"total_timesteps": updates * per_update})


def _train_phase(
    phase: int, market: MarketData, config: DemoConfig, folder: Path, before: Policy | None = None
) -> Policy:
    """Train one phase with its `seed` curriculum, from ``before`` where given."""
    env = make_env(market, phase, WINDOW)
    plan = curriculum(f"phase{phase}-seed")
    params = plan.prepare(env.default_params)
    ppo = phase_config(config, phase)
    start: Learned | None = None
    if before is not None:
        start = transfer(before, env, params, ppo)
    result = train(
        env,
        params,
        ppo,
        run_dir=folder,
        params_schedule=plan,  # the curriculum itself holds dicts and has no hash
        action_floor_schedule=plan.action_floor,
        initial_state=start,
        metadata={"curriculum": plan.name},
    )
    if result.checkpoint is None:
        raise RuntimeError(f"phase {phase}: training left no checkpoint in {folder}")
    return Policy.load(result.checkpoint)


def _validate(
    market: MarketData,
    split: Split,
    config: DemoConfig,
    policies: tuple[Policy, Policy],
    folder: Path,
    progress: Progress,
) -> Evaluation:
    """Phase 2 policy beside always flat, random legal, its fixed bracket and the Phase 1 policy.

    All of them trade the default Phase 2 account.
    """
    first, second = policies
    env = make_env(market, 2, WINDOW)
    subject = Contender(
        name="Phase 2 policy", env=env, policy=agent_policy(second), params=env.default_params
    )
    earlier = Contender(
        name="Phase 1 policy",
        env=make_env(market, 1, WINDOW),
        policy=agent_policy(first),
        params=env.default_params,
    )
    others = [*baseline_contenders(env, env.default_params), fixed_bracket(subject), earlier]
    sessions = sessions_between(market, WINDOW, split.held_start, split.held_end)
    record = TrainingRecord.of(folder / "phase2", second.metadata)
    return evaluate(
        subject,
        others,
        sessions,
        Options(seed=config.seed, reenter=config.reenter),
        # the agent it began from saw the same days
        training=replace(record, started_from_agent=False),
        progress=progress.tell,
    )


def _split_text(source: DataSource, split: Split) -> str:
    return (
        f"Market: {source.label}{' (SYNTHETIC)' if source.synthetic else ''}\n"
        f"  train {split.train_start} to {split.train_end}, {split.train_sessions} sessions; "
        f"embargo {split.embargoed_sessions}; held {split.held_start} to {split.held_end}, "
        f"{split.held_sessions} sessions"
    )

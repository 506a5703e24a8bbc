"""`eval-tools evaluate` and `eval-tools demo`."""

import json
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

import gymnax
import tyro

from eval_tools.cli.demo import DemoConfig, run_demo
from eval_tools.cli.sources import open_market
from eval_tools.evaluation import (
    Contender,
    Options,
    baseline_contenders,
    evaluate,
    fixed_bracket,
)
from eval_tools.policies.agents import agent_policy, load_agent
from eval_tools.policies.baselines import Baseline
from eval_tools.report.artefacts import create_run, free_run_id, write_artefacts
from eval_tools.rollout.episode import CoverageError
from eval_tools.rollout.sessions import sessions_between


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig:
    """Validate a checkpoint on a range of sessions, beside its baselines."""

    checkpoint: Path
    """Run folder or checkpoint folder of ppo_agent."""
    data: Path | None = None
    """Bars (csv, csv.gz or parquet); without it the synthetic market of `seed`."""
    symbol: str = "NQ"
    """Contract of the bars."""
    phase: int = 2
    """Phase of the environment."""
    session: str = "rth"
    """Sessions of the file: rth or globex."""
    sessions: int = 100
    """Length of the synthetic market."""
    market_seed: int = 0
    """Seed of the synthetic market."""
    start: str | None = None
    """First trading day, YYYY-MM-DD; without it the first with a full window behind it."""
    end: str | None = None
    """Last trading day, YYYY-MM-DD."""
    window: int = 20
    """Bars in the observation."""
    sampled: bool = False
    """Draw actions from the policy instead of taking the most probable."""
    baselines: tuple[Baseline, ...] = tuple(Baseline)
    """What stands beside the policy."""
    out: Path = Path("runs")
    """Folder of all runs."""
    run_id: str = ""
    """Name of this run's folder, which must not exist; empty: made from the checkpoint's."""
    options: Annotated[Options, tyro.conf.arg(name="")] = field(default_factory=Options)


def run_evaluate(config: EvaluateConfig) -> Path:
    """Evaluate, print the summary, write the artefacts; returns the report's path."""
    market, source = open_market(
        config.data, config.symbol, config.session, config.sessions, config.market_seed
    )
    env, params = gymnax.make(
        f"Futures{config.symbol}-Phase{config.phase}", market=market, window=config.window
    )
    agent = load_agent(config.checkpoint, env.observation_layout)
    subject = Contender(
        name=f"Phase {config.phase} policy" + (", sampled" if config.sampled else ""),
        env=env,
        policy=agent_policy(agent, greedy=not config.sampled),
        params=params,
    )
    others = baseline_contenders(env, params, config.baselines)
    if config.phase > 1:
        others.append(fixed_bracket(subject))
    held = sessions_between(market, config.window, config.start, config.end)
    evaluation = evaluate(subject, others, held, source, config.options)
    run_id = config.run_id or free_run_id(config.out, f"evaluate-{config.checkpoint.name}")
    described = asdict(config) | {"command": "evaluate", "step": agent.metadata["step"]}
    report = write_artefacts(
        create_run(config.out, run_id),
        evaluation,
        json.loads(json.dumps(described, default=str)),
    )
    print(report.with_name("summary.txt").read_text(encoding="utf-8"))
    print(f"report: {report}")
    return report


def main(arguments: list[str] | None = None) -> int:
    """Entry point; an expected error is one line on stderr and exit code 1."""
    config = tyro.extras.subcommand_cli_from_dict(
        {"demo": DemoConfig, "evaluate": EvaluateConfig}, prog="eval-tools", args=arguments
    )
    try:
        run_demo(config) if isinstance(config, DemoConfig) else run_evaluate(config)
    except (ValueError, OSError, CoverageError) as error:
        print(f"eval-tools: {error}", file=sys.stderr)
        return 1
    return 0

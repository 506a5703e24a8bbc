"""The `eval-tools` command: its subcommands, and what their outcomes mean to the shell."""

import sys
from collections.abc import Callable
from typing import Any

import tyro

from eval_tools.accounts.checker import CheckError
from eval_tools.cli.commands.attempts import AttemptsConfig, run_attempts
from eval_tools.cli.commands.compare import CompareConfig, run_compare
from eval_tools.cli.commands.control import ControlConfig, run_control
from eval_tools.cli.commands.decisions import DecisionsConfig, run_decisions
from eval_tools.cli.commands.evaluate import EvaluateConfig, run_evaluate
from eval_tools.cli.commands.pipeline import PipelineConfig, run_pipeline
from eval_tools.cli.commands.quick_check import QuickCheckConfig, run_quick_check
from eval_tools.cli.commands.replay import ReplayConfig, run_replay
from eval_tools.cli.commands.runs import RunsConfig, run_runs
from eval_tools.cli.commands.sweep import SweepConfig, run_sweep
from eval_tools.cli.commands.trades import TradesConfig, run_trades
from eval_tools.cli.commands.walk_forward import WalkForwardConfig, run_walk_forward
from eval_tools.cli.staged import StagedConfig
from eval_tools.gates import GateError
from eval_tools.measures.trades import ReconciliationError
from eval_tools.requirements import RequirementError
from eval_tools.rollout.episode import CoverageError
from futures_env import ArgumentError
from ppo_agent.types import TrainingError

_DESCRIPTION = """Validation of futures-trading policies that a sceptic accepts.

Exit codes: 0 done; 1 the bars or the run cannot be used, not every session was run, an account
fails its check, or a gate or requirement is not met; 2 wrong or contradictory arguments; 130
interrupted."""

# Name on the command line: the settings that tyro parses, and what is done with them.
COMMANDS: dict[str, tuple[type, Callable[[Any], object]]] = {
    "pipeline": (PipelineConfig, run_pipeline),
    "evaluate": (EvaluateConfig, run_evaluate),
    "walk-forward": (WalkForwardConfig, run_walk_forward),
    "quick-check": (QuickCheckConfig, run_quick_check),
    "attempts": (AttemptsConfig, run_attempts),
    "sweep": (SweepConfig, run_sweep),
    "trades": (TradesConfig, run_trades),
    "decisions": (DecisionsConfig, run_decisions),
    "replay": (ReplayConfig, run_replay),
    "runs": (RunsConfig, run_runs),
    "compare": (CompareConfig, run_compare),
    "control": (ControlConfig, run_control),
}


_UNUSABLE = (
    ValueError,
    OSError,
    CoverageError,
    CheckError,
    GateError,
    ReconciliationError,
    RequirementError,
    TrainingError,
)


def main(arguments: list[str] | None = None) -> int:
    """Entry point; an expected error is one line on stderr.

    Returns:
        0 when the work is done, 1 when bars or a run cannot be used or a requirement is not met,
        2 for wrong or contradictory arguments, 130 for Ctrl-C.
    """
    try:
        _run(arguments)
    except ArgumentError as error:
        print(f"eval-tools: {error}", file=sys.stderr)
        return 2
    except _UNUSABLE as error:
        print(f"eval-tools: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("eval-tools: interrupted", file=sys.stderr)
        return 130
    return 0


def _run(arguments: list[str] | None) -> None:
    config = tyro.extras.subcommand_cli_from_dict(
        {name: settings for name, (settings, _) in COMMANDS.items()},
        prog="eval-tools",
        description=_DESCRIPTION,
        args=arguments,
    )
    known = config.recorded() if isinstance(config, StagedConfig) else None
    if known is not None:  # parsed anew over what the run was begun with
        name, *rest = sys.argv[1:] if arguments is None else arguments
        config = tyro.cli(type(known), args=rest, default=known, prog=f"eval-tools {name}")
    run = next(run for settings, run in COMMANDS.values() if settings is type(config))
    run(config)

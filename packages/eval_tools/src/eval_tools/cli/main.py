"""`eval-tools evaluate` and `eval-tools demo`."""

import sys

import tyro

from eval_tools.cli.demo import DemoConfig, run_demo
from eval_tools.cli.evaluate import EvaluateConfig, run_evaluate
from eval_tools.rollout.episode import CoverageError
from futures_env import ArgumentError
from ppo_agent.types import TrainingError

_DESCRIPTION = """Validation of futures-trading policies that a sceptic accepts.

Exit codes: 0 done; 1 the bars or the run cannot be used, or not every session was run; 2 wrong or
contradictory arguments; 130 interrupted."""


def main(arguments: list[str] | None = None) -> int:
    """Entry point; an expected error is one line on stderr.

    Returns:
        0 when the work is done, 1 when bars or a run cannot be used, 2 for wrong or contradictory
        arguments, 130 for Ctrl-C.
    """
    config = tyro.extras.subcommand_cli_from_dict(
        {"demo": DemoConfig, "evaluate": EvaluateConfig},
        prog="eval-tools",
        description=_DESCRIPTION,
        args=arguments,
    )
    try:
        run_demo(config) if isinstance(config, DemoConfig) else run_evaluate(config)
    except ArgumentError as error:
        print(f"eval-tools: {error}", file=sys.stderr)
        return 2
    except (ValueError, OSError, CoverageError, TrainingError) as error:
        print(f"eval-tools: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("eval-tools: interrupted", file=sys.stderr)
        return 130
    return 0

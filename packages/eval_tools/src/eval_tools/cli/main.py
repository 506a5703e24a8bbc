"""The `eval-tools` command: its subcommands, and what their outcomes mean to the shell."""

import sys
from collections.abc import Callable
from typing import Any

import tyro

from eval_tools.cli.commands.demo import DemoConfig, run_demo
from eval_tools.cli.commands.evaluate import EvaluateConfig, run_evaluate
from eval_tools.cli.commands.quick_check import QuickCheckConfig, run_quick_check
from eval_tools.rollout.episode import CoverageError
from futures_env import ArgumentError
from ppo_agent.types import TrainingError

_DESCRIPTION = """Validation of futures-trading policies that a sceptic accepts.

Exit codes: 0 done; 1 the bars or the run cannot be used, not every session was run, or a gate
failed; 2 wrong or contradictory arguments; 130 interrupted."""

# Name on the command line: the settings that tyro parses, and what is done with them.
COMMANDS: dict[str, tuple[type, Callable[[Any], object]]] = {
    "demo": (DemoConfig, run_demo),
    "evaluate": (EvaluateConfig, run_evaluate),
    "quick-check": (QuickCheckConfig, run_quick_check),
}


def main(arguments: list[str] | None = None) -> int:
    """Entry point; an expected error is one line on stderr.

    Returns:
        0 when the work is done, 1 when bars or a run cannot be used, 2 for wrong or contradictory
        arguments, 130 for Ctrl-C.
    """
    config = tyro.extras.subcommand_cli_from_dict(
        {name: settings for name, (settings, _) in COMMANDS.items()},
        prog="eval-tools",
        description=_DESCRIPTION,
        args=arguments,
    )
    run = next(run for settings, run in COMMANDS.values() if settings is type(config))
    try:
        run(config)
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

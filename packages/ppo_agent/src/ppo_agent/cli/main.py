"""Command line: ``ppo-agent train``, ``ppo-agent eval`` and ``ppo-agent show``.

Nothing here imports gymnax before a cluster is joined: importing it starts JAX's backend, behind
which ``jax.distributed`` cannot join any more.
"""

import os
import sys

import jax

from ppo_agent.cli import flags
from ppo_agent.types import TrainingError

_CLUSTER = (
    "set JAX_COORDINATOR_ADDRESS (host:port of process 0), JAX_NUM_PROCESSES and JAX_PROCESS_ID "
    "in every process, or start under Slurm, Open MPI, Kubernetes or in a cloud pod"
)


def main(args: list[str] | None = None) -> int:
    """Entry point.

    Returns:
        0 when the work is done, 130 or 143 when a signal stopped it behind a checkpoint (130 also
        for Ctrl-C before the first), 1 when training cannot go on, 2 for a wrong argument.
    """
    args = sys.argv[1:] if args is None else args
    try:
        if args[:1] == ["train"] and "--distributed" in args:
            join_cluster()
        if not args or args[0] not in flags.COMMANDS:
            print(flags.usage())
            return 0 if args[:1] in (["-h"], ["--help"]) else 2
        command = flags.parse(args[0], args[1:])
        from ppo_agent.cli import commands  # starts JAX's backend by importing gymnax

        return commands.run(command)
    except (ValueError, TypeError, OSError, ImportError) as error:
        print(f"ppo-agent: {error}", file=sys.stderr)
        return 2
    except TrainingError as error:
        print(f"ppo-agent: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("ppo-agent: interrupted", file=sys.stderr)
        return 130


def join_cluster() -> None:
    """Join the processes that the environment variables or the cluster's scheduler describe.

    Raises:
        ValueError: with the remedy, when there is no such cluster or JAX has started already.
    """
    if jax.distributed.is_initialized():
        return
    try:
        # JAX reads the coordinator's address by itself, the other two only from schedulers
        count, index = (_whole(name) for name in ("JAX_NUM_PROCESSES", "JAX_PROCESS_ID"))
        jax.distributed.initialize(num_processes=count, process_id=index)
    except (RuntimeError, ValueError) as error:
        raise ValueError(f"--distributed: {error}; {_CLUSTER}") from error


def _whole(name: str) -> int | None:
    text = os.environ.get(name)
    if text is None:
        return None
    if not text.isdigit():
        raise ValueError(f"{name}={text!r} must be a whole number")
    return int(text)

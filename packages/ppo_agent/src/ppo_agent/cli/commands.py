"""Command line: ``ppo-agent train``, ``ppo-agent eval`` and ``ppo-agent show``.

Nothing that is imported here imports gymnax: that starts JAX's backend, behind which a cluster
cannot be joined any more.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

from ppo_agent.algorithm import schedules
from ppo_agent.algorithm.sharding import is_main_process
from ppo_agent.cli import record, resolve
from ppo_agent.cli.cluster import join_cluster
from ppo_agent.cli.flags import COMMANDS, Command, Eval, Show, Train, parse, usage
from ppo_agent.config import FINE_TUNING, PPOConfig
from ppo_agent.environment import Environment
from ppo_agent.evaluate import evaluate
from ppo_agent.policy import Policy
from ppo_agent.train import train
from ppo_agent.transfer import transfer
from ppo_agent.types import Learned, PyTree, RunError, TrainingError

STOPPED_BY = {"SIGTERM": 143, "SIGINT": 130}


def main(args: list[str] | None = None) -> int:
    """Entry point.

    Returns:
        One of those in ``flags.EXIT_CODES``.
    """
    args = sys.argv[1:] if args is None else args
    try:
        if args[:1] == ["train"] and "--distributed" in args:
            join_cluster()
        if args[:1] in (["-h"], ["--help"]):
            print(usage())
            return 0
        if not args or args[0] not in COMMANDS:
            asked = f"no command {args[0]!r}\n" if args else "which command?\n"
            print(f"ppo-agent: {asked}{usage()}", file=sys.stderr)
            return 2
        command = parse(args[0], args[1:])
        if isinstance(command, Train):
            command = record.settled(command, args[1:])
        return run(command)
    except (RunError, TrainingError, OSError) as error:
        print(f"ppo-agent: {error}", file=sys.stderr)
        return 1
    except (ValueError, TypeError, ImportError) as error:
        print(f"ppo-agent: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("ppo-agent: interrupted", file=sys.stderr)
        return 130


def run(command: Command) -> int:
    """Do what a command says; the exit code."""
    return _RUN[type(command)](command)


def _checked(command: Train) -> PPOConfig:
    try:
        return PPOConfig(**vars(command.settings))
    except ValueError as error:
        if command.config is None:
            raise
        raise ValueError(f"{command.config} with the flags given: {error}") from error


def _train(command: Train) -> int:
    if command.env is None:
        raise ValueError("train needs --env, unless --resume continues the run in --run-dir")
    config = _checked(command)
    if command.validate and command.validate_every < 1:
        raise ValueError(f"--validate-every {command.validate_every}: nearest valid is 1")
    if not command.quiet:
        _tell(f"environment {command.env}")
    env, env_params = resolve.make_env(command.env, command.env_kwargs, command.env_params)
    schedule = resolve.load_schedule("--params-schedule", command.params_schedule, env)
    validate = resolve.load_callable("--validate", command.validate, 1)
    prepare = getattr(schedule, "prepare", None)
    if prepare:
        env_params = prepare(env_params)
    if schedule:
        try:
            schedules.check_schedule(schedule, env_params)
        except ValueError as error:
            raise ValueError(f"--params-schedule {command.params_schedule} {error}") from error
    result = train(
        env,
        env_params,
        config,
        run_dir=command.run_dir,
        params_schedule=schedule,
        action_floor_schedule=getattr(schedule, "action_floor", None),
        initial_state=_transferred(command, env, env_params, config),
        resume=command.resume,
        validate_fn=validate,
        validate_every=command.validate_every if validate else 0,
        progress=not command.quiet,
        metadata={
            "env_id": command.env,
            "env_kwargs": json.loads(command.env_kwargs),
            record.COMMAND: record.describe(command),
        },
    )
    return STOPPED_BY.get(result.stopped_by, 0)


def _transferred(
    command: Train, env: Environment, env_params: PyTree, config: PPOConfig
) -> Learned | None:
    """The agent to start from, None for a fresh one."""
    if command.transfer_from is None:
        if command.member is not None:
            raise ValueError("--member needs --transfer-from, the run whose member to take")
        return None
    if command.resume and record.has_checkpoint(command.run_dir):
        return None  # it replaces what training started from
    source = Policy.load(command.transfer_from, member=command.member)
    if not command.quiet and is_main_process():
        own = {name: value for name, value in FINE_TUNING.items() if getattr(config, name) != value}
        taken = ", ".join(f"{n} {v:g}" for n, v in FINE_TUNING.items() if n not in own)
        given = ", ".join(f"{name} {getattr(config, name):g}" for name in own)
        print(
            f"transfer from {command.transfer_from}, update {source.metadata['step']}; fine-tuning "
            f"defaults taken: {taken or 'none'}; given: {given or 'none'}",
            file=sys.stderr,
        )
    return transfer(source, env, env_params, config)


def _eval(command: Eval) -> int:
    _tell(f"environment {command.env}")
    env, env_params = resolve.make_env(command.env, command.env_kwargs, command.env_params)
    policy = Policy.load(command.path, _step(command.step), command.member)
    _tell(f"playing {command.episodes:,} episodes")
    figures = evaluate(
        policy,
        env,
        env_params,
        num_envs=command.episodes,
        max_steps=command.max_steps,
        seed=command.seed,
        greedy=not command.sample,
    )
    print(json.dumps(resolve.finite(figures), indent=2, allow_nan=False))
    return 0


def _tell(stage: str) -> None:
    """One line on stderr about what is done next."""
    if is_main_process():
        print(f"{stage} ...", file=sys.stderr, flush=True)


def _show(command: Show) -> int:
    policy = Policy.load(command.path, _step(command.step), command.member)
    print(json.dumps(policy.metadata, indent=2))
    return 0


def _step(text: str) -> int | str | None:
    return int(text) if text.isdigit() else (text or None)


_RUN: dict[type, Callable[[Any], int]] = {Train: _train, Eval: _eval, Show: _show}

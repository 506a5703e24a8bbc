"""The commands ``train``, ``eval`` and ``show``: their flags and what they do."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tyro

from ppo_agent.algorithm import schedules
from ppo_agent.algorithm.sharding import is_main_process
from ppo_agent.cli import resolve
from ppo_agent.config import PPOConfig, Settings
from ppo_agent.evaluate import evaluate
from ppo_agent.policy import Policy
from ppo_agent.train import train
from ppo_agent.transfer import FINE_TUNING, transfer
from ppo_agent.types import Learned, PyTree

EXIT_CODES = {"SIGTERM": 143, "SIGINT": 130}


@dataclass(frozen=True, kw_only=True)
class Train:
    """Train an agent; every hyper-parameter is a flag."""

    env: str
    """Environment as `module:id` (the module registers it) or a gymnax id."""
    run_dir: Path
    """Folder for metadata, metrics, TensorBoard and checkpoints."""
    config: Path | None = None
    """TOML or JSON file with hyper-parameters; flags override it."""
    resume: bool = False
    """Continue the run in the folder from its newest complete checkpoint; repeat its flags."""
    env_kwargs: str = "{}"
    """Constructor arguments of the environment as JSON."""
    env_params: str = "{}"
    """Numbers among the environment's parameters to set, as JSON."""
    params_schedule: str = ""
    """Curriculum as `module:name`, called as (env_params, progress); its `prepare(env_params)` and
    `action_floor(progress)` are used when it has them. What takes no arguments is called first."""
    validate: str = ""
    """Validation as `module:name`, called with the `Policy`, returns names and numbers;
    `--best-metric` names the one that ranks checkpoints. What takes no arguments is called first.
    """
    validate_every: int = 50
    """Updates between validations, with `--validate`."""
    transfer_from: Path | None = None
    """Run folder or checkpoint whose agent to start from, by feature name. The fine-tuning
    defaults then hold: learning rate 5e-5 throughout, ent_coef 0.05; the file and flags override
    them."""
    member: int | None = None
    """Which member of a seeded or swept run `--transfer-from` takes; default: the first."""
    distributed: bool = False
    """Join a cluster of processes with `jax.distributed.initialize()` before anything else."""
    quiet: bool = False
    """No progress bar and no console lines."""
    settings: Settings = field(default_factory=Settings)
    """Hyper-parameters."""


@dataclass(frozen=True, kw_only=True)
class Eval:
    """Play the first episode of many environments with a trained policy; prints JSON."""

    env: str
    """Environment as `module:id` or a gymnax id."""
    path: Path
    """Run folder or the folder of one checkpoint."""
    step: str = ""
    """Updates done, or `best`; default: the newest."""
    member: int | None = None
    """Which member of a seeded or swept run; default: the first."""
    episodes: int = 64
    """Episodes, one per environment."""
    max_steps: int = 1_000
    """Steps after which an unfinished episode is cut."""
    seed: int = 0
    """Seed of resets, steps and draws."""
    sample: bool = False
    """Draw actions instead of taking the most probable."""
    env_kwargs: str = "{}"
    """Constructor arguments of the environment as JSON."""
    env_params: str = "{}"
    """Numbers among the environment's parameters to set, as JSON."""


@dataclass(frozen=True, kw_only=True)
class Show:
    """Print the metadata of a checkpoint as JSON."""

    path: Path
    """Run folder or the folder of one checkpoint."""
    step: str = ""
    """Updates done, or `best`; default: the newest."""
    member: int | None = None
    """Which member of a seeded or swept run; default: the first."""


COMMANDS: dict[str, Any] = {"train": Train, "eval": Eval, "show": Show}


def usage() -> str:
    """One line per command."""
    lines = [f"  {name:6} {command.__doc__.splitlines()[0]}" for name, command in COMMANDS.items()]
    return "\n".join(["usage: ppo-agent COMMAND [--help]", "", *lines])


def run(name: str, args: list[str]) -> int:
    """Parse the flags of a command and do it; the exit code."""
    command = _parse(name, args)
    if isinstance(command, Train):
        below = below_flags(command)
        if below:
            missing: Any = tyro.MISSING
            default = Train(env=missing, run_dir=missing, settings=Settings(**below))
            command = _parse(name, args, default=default)
    return _RUN[name](command)


def _parse(name: str, args: list[str], **options: Any) -> Any:
    markers = (tyro.conf.OmitArgPrefixes,)
    return tyro.cli(COMMANDS[name], args=args, prog=f"ppo-agent {name}", config=markers, **options)


def below_flags(command: Train) -> dict[str, Any]:
    """Settings that flags override: those of fine-tuning, over them those of the file."""
    fine_tuning = FINE_TUNING if command.transfer_from else {}
    return fine_tuning | resolve.read_settings(command.config)


def _checked(command: Train) -> PPOConfig:
    try:
        return PPOConfig(**vars(command.settings))
    except ValueError as error:
        if command.config is None:
            raise
        raise ValueError(f"{command.config} with the flags given: {error}") from error


def _train(command: Train) -> int:
    config = _checked(command)
    if command.validate and command.validate_every < 1:
        raise ValueError(f"--validate-every {command.validate_every}: nearest valid is 1")
    env, env_params = resolve.make_env(command.env, command.env_kwargs, command.env_params)
    schedule = resolve.load_callable("--params-schedule", command.params_schedule, 2)
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
        metadata={"env_id": command.env, "env_kwargs": json.loads(command.env_kwargs)},
    )
    return EXIT_CODES.get(result.stopped_by, 0)


def _transferred(command: Train, env: Any, env_params: PyTree, config: PPOConfig) -> Learned | None:
    """The agent to start from, None for a fresh one."""
    if command.transfer_from is None:
        if command.member is not None:
            raise ValueError("--member needs --transfer-from, the run whose member to take")
        return None
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
    env, env_params = resolve.make_env(command.env, command.env_kwargs, command.env_params)
    figures = evaluate(
        Policy.load(command.path, _step(command.step), command.member),
        env,
        env_params,
        num_envs=command.episodes,
        max_steps=command.max_steps,
        seed=command.seed,
        greedy=not command.sample,
    )
    print(json.dumps(resolve.finite(figures), indent=2, allow_nan=False))
    return 0


def _show(command: Show) -> int:
    policy = Policy.load(command.path, _step(command.step), command.member)
    print(json.dumps(policy.metadata, indent=2))
    return 0


def _step(text: str) -> int | str | None:
    return int(text) if text.isdigit() else (text or None)


_RUN: dict[str, Callable[[Any], int]] = {"train": _train, "eval": _eval, "show": _show}

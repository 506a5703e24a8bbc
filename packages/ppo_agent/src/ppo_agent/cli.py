"""Command line: ``ppo-agent train``, ``ppo-agent eval`` and ``ppo-agent show``."""

import importlib
import inspect
import json
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import gymnax
import jax
import jax.numpy as jnp
import tyro

from ppo_agent.config import PPOConfig
from ppo_agent.evaluate import evaluate
from ppo_agent.policy import Policy
from ppo_agent.rows import TrainingError
from ppo_agent.train import train
from ppo_agent.transfer import transfer

EXIT_CODES = {"SIGTERM": 143, "SIGINT": 130}


@dataclass(frozen=True, kw_only=True)
class Train:
    """Train an agent; every hyper-parameter is a flag.

    ``--config FILE`` (TOML or JSON with fields of PPOConfig) sets defaults that flags override.
    """

    env: str
    """Environment as `module:id` (the module registers it) or a gymnax id."""
    run_dir: Path
    """Folder for metadata, metrics, TensorBoard and checkpoints."""
    resume: bool = False
    """Continue the run in the folder from its newest complete checkpoint."""
    env_kwargs: str = "{}"
    """Constructor arguments of the environment as JSON."""
    env_params: str = "{}"
    """Fields of the environment's parameters to set, as JSON."""
    params_schedule: str = ""
    """Curriculum as `module:name`, called as (env_params, progress); its `prepare(env_params)` and
    `action_floor(progress)` are used when it has them."""
    transfer_from: Path | None = None
    """Run folder or checkpoint whose agent to start from, by feature name."""
    distributed: bool = False
    """Join a cluster of processes with `jax.distributed.initialize()` before anything else."""
    quiet: bool = False
    """No progress bar and no console lines."""
    config: PPOConfig = field(default_factory=PPOConfig)


@dataclass(frozen=True, kw_only=True)
class Eval:
    """Play the first episode of many environments with a trained policy; prints JSON."""

    env: str
    """Environment as `module:id` or a gymnax id."""
    path: Path
    """Run folder or the folder of one checkpoint."""
    step: str = ""
    """Updates done, or `best`; default: the newest."""
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
    """Fields of the environment's parameters to set, as JSON."""


@dataclass(frozen=True, kw_only=True)
class Show:
    """Print the metadata of a checkpoint as JSON."""

    path: Path
    """Run folder or the folder of one checkpoint."""
    step: str = ""
    """Updates done, or `best`; default: the newest."""


COMMANDS: dict[str, Any] = {"train": Train, "eval": Eval, "show": Show}


def main(args: list[str] | None = None) -> int:
    """Entry point.

    Returns:
        0 when the work is done, 130 or 143 when a signal stopped it behind a checkpoint, 1 when
        training cannot go on, 2 for a wrong argument.
    """
    args = sys.argv[1:] if args is None else args
    if not args or args[0] not in COMMANDS:
        print(_usage())
        return 0 if args[:1] in (["-h"], ["--help"]) else 2
    try:
        command = _parse(args[0], args[1:])
        return _RUN[args[0]](command)
    except (ValueError, TypeError, OSError, ImportError) as error:
        print(f"ppo-agent: {error}", file=sys.stderr)
        return 2
    except TrainingError as error:
        print(f"ppo-agent: {error}", file=sys.stderr)
        return 1


def _usage() -> str:
    lines = [f"  {name:6} {command.__doc__.splitlines()[0]}" for name, command in COMMANDS.items()]
    return "\n".join(["usage: ppo-agent COMMAND [--help]", "", *lines])


def _parse(name: str, args: list[str]) -> Any:
    options: dict[str, Any] = {}
    if name == "train":
        defaults, args = _config_file(args)
        missing: Any = tyro.MISSING
        options["default"] = Train(env=missing, run_dir=missing, config=defaults)
    markers = (tyro.conf.OmitArgPrefixes,)
    return tyro.cli(COMMANDS[name], args=args, prog=f"ppo-agent {name}", config=markers, **options)


def _config_file(args: list[str]) -> tuple[PPOConfig, list[str]]:
    """Take ``--config FILE`` out of the arguments; flags override what it says."""
    if "--config" not in args:
        return PPOConfig(), args
    at = args.index("--config")
    if at + 1 == len(args):
        raise ValueError("--config needs a file: TOML or JSON with fields of PPOConfig")
    path = Path(args[at + 1])
    text = path.read_text()
    try:
        values = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
        return PPOConfig.from_dict(values), args[:at] + args[at + 2 :]
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def make_env(env: str, kwargs: str, params: str) -> tuple[Any, Any]:
    """Environment and parameters from ``module:id`` and two JSON objects.

    Raises:
        ValueError: for an unknown id, a wrong field, or text that is not a JSON object.
    """
    module, _, env_id = env.rpartition(":")
    if module:
        importlib.import_module(module)
    made, env_params = gymnax.make(env_id, **_json_object("--env-kwargs", kwargs))
    values = {}
    for name, value in _json_object("--env-params", params).items():
        if not hasattr(env_params, name):
            known = ", ".join(field.name for field in fields(env_params))
            raise ValueError(f"--env-params: no field {name!r} in {env_id}; known: {known}")
        values[name] = jnp.asarray(value, jnp.asarray(getattr(env_params, name)).dtype)
    return made, replace(env_params, **values)


def _json_object(flag: str, text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError(f"{flag} must be a JSON object such as '{{}}', got {text}")
    return value


def _load_schedule(name: str) -> Any:
    """The object behind ``module:name``; called first when it takes no arguments."""
    if not name:
        return None
    module, _, attribute = name.partition(":")
    found = getattr(importlib.import_module(module), attribute, None)
    if found is None:
        raise ValueError(f"--params-schedule {name}: {module} has no {attribute!r}")
    return found() if not inspect.signature(found).parameters else found


def _train(command: Train) -> int:
    if command.distributed:
        jax.distributed.initialize()
    env, env_params = make_env(command.env, command.env_kwargs, command.env_params)
    schedule = _load_schedule(command.params_schedule)
    if hasattr(schedule, "prepare"):
        env_params = schedule.prepare(env_params)
    initial = None
    if command.transfer_from:
        source = Policy.load(command.transfer_from)
        initial = transfer(source, env, env_params, command.config)
    result = train(
        env,
        env_params,
        command.config,
        run_dir=command.run_dir,
        params_schedule=schedule,
        action_floor_schedule=getattr(schedule, "action_floor", None),
        initial_state=initial,
        resume=command.resume,
        progress=not command.quiet,
        metadata={"env_id": command.env, "env_kwargs": json.loads(command.env_kwargs)},
    )
    return EXIT_CODES.get(result.stopped_by, 0)


def _eval(command: Eval) -> int:
    env, env_params = make_env(command.env, command.env_kwargs, command.env_params)
    policy = Policy.load(command.path, _step(command.step))
    figures = evaluate(
        policy,
        env,
        env_params,
        num_envs=command.episodes,
        max_steps=command.max_steps,
        seed=command.seed,
        greedy=not command.sample,
    )
    print(json.dumps(figures, indent=2))
    return 0


def _show(command: Show) -> int:
    print(json.dumps(Policy.load(command.path, _step(command.step)).metadata, indent=2))
    return 0


def _step(text: str) -> int | str | None:
    return int(text) if text.isdigit() else (text or None)


_RUN: dict[str, Callable[[Any], int]] = {"train": _train, "eval": _eval, "show": _show}

"""The flags of the commands, and the settings that they override.

Nothing here imports JAX: a cluster is joined, and help is printed, before JAX starts.
"""

import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tyro

from ppo_agent.config import FINE_TUNING, Settings, typed_values


@dataclass(frozen=True, kw_only=True)
class Train:
    """Train an agent; every hyper-parameter is a flag."""

    env: str | None = None
    """Environment as `module:id` (the module registers it) or a gymnax id. Only a run that is
    resumed has it already."""
    run_dir: Path
    """Folder for metadata, metrics, TensorBoard and checkpoints."""
    config: Path | None = None
    """TOML or JSON file with hyper-parameters; flags override it."""
    resume: bool = False
    """Continue the run in the folder from its newest complete checkpoint. The folder is all it
    needs; flags that contradict the run are refused."""
    env_kwargs: str = "{}"
    """Constructor arguments of the environment as JSON."""
    env_params: str = "{}"
    """Numbers among the environment's parameters to set, as JSON."""
    params_schedule: str = ""
    """Curriculum by a name that the environment knows, or as `module:name`, called as (env_params,
    progress); its `prepare(env_params)` and `action_floor(progress)` are used when it has them.
    What takes no arguments is called first."""
    validate: str = ""
    """Validation as `module:name`, called with the `Policy`, returns names and numbers;
    `--best-metric` names the one that ranks checkpoints. What takes no arguments is called first.
    """
    validate_every: int = 50
    """Updates between validations, with `--validate`."""
    transfer_from: Path | None = None
    """Run folder or checkpoint whose agent to start from, by feature name. The fine-tuning
    defaults then hold, which the console names; the file and flags override them."""
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


EXIT_CODES = """Exit codes: 0 done; 1 a run or a file of it cannot be used, or training cannot go
on; 2 wrong or contradictory arguments; 130 or 143 interrupted, behind a checkpoint of the run."""

Command = Train | Eval | Show

COMMANDS: dict[str, Any] = {"train": Train, "eval": Eval, "show": Show}


def usage() -> str:
    """One line per command."""
    lines = [f"  {name:6} {command.__doc__.splitlines()[0]}" for name, command in COMMANDS.items()]
    return "\n".join(["usage: ppo-agent COMMAND [--help]", "", *lines, "", EXIT_CODES])


def parse(name: str, args: list[str]) -> Command:
    """The command with its flags, over the settings below them."""
    command = _parse(name, args)
    if isinstance(command, Train):
        below = below_flags(command)
        if below:
            missing: Any = tyro.MISSING
            default = Train(run_dir=missing, settings=Settings(**below))
            command = parse_over(name, args, default)
    return command


def parse_over(name: str, args: list[str], default: Command) -> Any:
    """The command with its flags, over the values of ``default``."""
    return _parse(name, args, default=default)


def _parse(name: str, args: list[str], **options: Any) -> Any:
    markers = (tyro.conf.OmitArgPrefixes,)
    return tyro.cli(COMMANDS[name], args=args, prog=f"ppo-agent {name}", config=markers, **options)


def below_flags(command: Train) -> dict[str, Any]:
    """Settings that flags override: those of fine-tuning, over them those of the file."""
    fine_tuning = FINE_TUNING if command.transfer_from else {}
    return fine_tuning | read_settings(command.config)


def read_settings(path: Path | None) -> dict[str, Any]:
    """Fields of ``Settings`` in a TOML or JSON file, none without a file.

    Raises:
        ValueError: naming the file and what is wrong with it.
    """
    if path is None:
        return {}
    try:
        text = path.read_text(encoding="utf-8")
        return typed_values(json.loads(text) if path.suffix == ".json" else tomllib.loads(text))
    except OSError as error:
        raise ValueError(f"--config {path}: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error

"""What a training command was asked for: kept with its run, taken up again by ``--resume``."""

import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from ppo_agent.cli.flags import Train, parse_over, read_settings
from ppo_agent.cli.resolve import json_object
from ppo_agent.config import Settings, typed_values
from ppo_agent.storage import run_directory
from ppo_agent.storage.checkpoint_reader import find_step, find_steps
from ppo_agent.types import Row, RunError

COMMAND = "command"
"""Where the metadata of a run keeps its command."""

_FILES = "files"
_REPEATED = (
    "env",
    "env_kwargs",
    "env_params",
    "params_schedule",
    "validate",
    "validate_every",
    "transfer_from",
    "member",
)
"""Fields of ``Train`` that a continuation repeats, besides the settings."""


def normalized(command: Train) -> Train:
    """The same command wherever it is given: whole paths, one checkpoint, JSON without blanks.

    Raises:
        ValueError: text that is not JSON.
        FileNotFoundError: no checkpoint to transfer from.
    """
    kwargs = json_object("--env-kwargs", command.env_kwargs)
    whole = {name: _whole(value) for name, value in kwargs.items()}
    source = command.transfer_from
    if source is not None:
        folder, step = find_step(source)
        source = folder / str(step)
    return replace(
        command,
        env_kwargs=json.dumps(whole),
        env_params=json.dumps(json_object("--env-params", command.env_params)),
        transfer_from=source,
    )


def describe(command: Train) -> Row:
    """A normalized command as its run records it, with the hashes of the files it names.

    Files are those among the constructor arguments, and the module of the validation.
    """
    module = sys.modules.get(command.validate.partition(":")[0])
    code = [Path(module.__file__)] if module is not None and module.__file__ else []
    kwargs = json_object("--env-kwargs", command.env_kwargs)
    data = [Path(one) for value in kwargs.values() for one in _texts(value) if Path(one).is_file()]
    return _fields(command) | {_FILES: {str(file): file_hash(file) for file in [*data, *code]}}


def settled(command: Train, args: list[str]) -> Train:
    """The command normalized; with ``resume`` that of the run, which flags may only repeat.

    Args:
        command: as parsed.
        args: its arguments, parsed again over what the run recorded.

    Returns:
        ``command`` normalized where the folder holds no run, or one that recorded no command.

    Raises:
        ValueError: flags that contradict the run, with both values.
        RunError: a file that the run was started with is gone or has changed.
    """
    stored = _read(command.run_dir) if command.resume else None
    if stored is None:
        return normalized(command)
    recorded, settings = stored
    below = Settings(**settings | read_settings(command.config))
    values = {name: recorded[name] for name in _REPEATED}
    source = values["transfer_from"]
    values["transfer_from"] = None if source is None else Path(source)
    default = Train(run_dir=command.run_dir, resume=True, settings=below, **values)
    asked = parse_over("train", args, default)
    moved = asked.transfer_from != default.transfer_from
    now = normalized(asked if moved else replace(asked, transfer_from=None))
    if not moved:
        now = replace(now, transfer_from=default.transfer_from)
    _refuse_contradictions(command.run_dir, recorded, _fields(now))
    _check_files(command.run_dir, recorded[_FILES])
    return now


def has_checkpoint(run_dir: Path) -> bool:
    """Whether a continuation needs no agent to start from."""
    return bool(find_steps(run_dir)[1])


def file_hash(file: Path) -> str:
    """SHA-256 of a file's bytes.

    Raises:
        OSError: it cannot be read.
    """
    with file.open("rb") as stream:
        return f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"


def _fields(command: Train) -> Row:
    known = {name: getattr(command, name) for name in _REPEATED}
    source = command.transfer_from
    return known | {"transfer_from": None if source is None else str(source)}


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str)]


def _whole(value: Any) -> Any:
    """A text that names a file, alone or in a list, as its whole path."""
    if isinstance(value, list):
        return [_whole(one) for one in value]
    return str(Path(value).resolve()) if isinstance(value, str) and Path(value).is_file() else value


def _read(run_dir: Path) -> tuple[Row, dict[str, Any]] | None:
    metadata = run_directory.stored_metadata(run_dir)
    if metadata is None or COMMAND not in metadata:
        return None
    recorded = metadata[COMMAND]
    whole = isinstance(recorded, dict) and {*_REPEATED, _FILES} <= recorded.keys()
    if not whole:
        raise RunError(f"{run_dir}: its metadata does not describe its command: start in a new "
                       "folder, or put the run's metadata.json back")  # fmt: skip
    try:
        return recorded, typed_values(metadata["config"])
    except ValueError as error:
        raise RunError(f"{run_dir}: the configuration in its metadata: {error}") from error


def _refuse_contradictions(run_dir: Path, recorded: Row, asked: Row) -> None:
    lines = [
        f"--{name.replace('_', '-')}: run has {recorded[name]}, asked {asked[name]}"
        for name in _REPEATED
        if recorded[name] != asked[name]
    ]
    if lines:
        listed = "\n  ".join(lines)
        raise ValueError(
            f"{run_dir} holds a run of another command:\n  {listed}\n--resume needs the run folder "
            "alone: leave these flags out, or start in a new folder"
        )


def _check_files(run_dir: Path, files: dict[str, str]) -> None:
    for name, before in files.items():
        file = Path(name)
        if not file.is_file():
            raise RunError(f"{run_dir} was started with {file}, which is gone: put it back")
        now = file_hash(file)
        if now != before:
            raise RunError(
                f"{run_dir} was started with {file} of {before}, which now is {now}: put that "
                "file back, or start in a new folder"
            )

"""What a run has done: one file in its folder, replaced as a whole after every stage."""

import json
import shutil
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from futures_env import ArgumentError
from ppo_agent.storage.run_directory import write_atomically
from ppo_agent.types import RunError

RECORD = "pipeline.json"
"""Of a pipeline; other runs of stages have files of their own names."""
FORMAT = 1


class Record:
    """Settings of a run, and by stage what went in and what came out.

    A stage is done when its entry is there; its files must still be what they were.
    """

    def __init__(self, file: Path, content: dict[str, Any], made: Path | None = None) -> None:
        self.folder, self._file, self._content = file.parent, file, content
        self._made = made or self.folder

    @classmethod
    def create(cls, folder: Path, settings: Mapping[str, Any], name: str = RECORD) -> "Record":
        """Begin a run in a new folder.

        Args:
            folder: of the run; must not exist.
            settings: JSON-ready.
            name: of the file.

        Raises:
            FileExistsError: the folder exists.
        """
        if folder.exists():
            raise FileExistsError(
                f"{folder} exists: --resume goes on with the run in it, or choose another --run-dir"
            )
        made = [folder, *(parent for parent in folder.parents if not parent.exists())][-1]
        folder.mkdir(parents=True)
        content = {"format": FORMAT, "settings": dict(settings), "stages": {}}
        record = cls(folder / name, content, made)
        record._write()
        return record

    @classmethod
    def open(cls, folder: Path, name: str = RECORD) -> "Record":
        """The record of the run in ``folder``, in a file of that name.

        Raises:
            RunError: there is none, or it cannot be read.
        """
        file = folder / name
        kind = file.stem
        if not file.is_file():
            raise RunError(f"{folder} holds no {kind}: there is no {name} in it")
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            if content["format"] != FORMAT:
                raise RunError(f"{file}: format {content['format']}, this release reads {FORMAT}")
            content["settings"], content["stages"]
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise RunError(f"{file} does not describe a {kind} ({error})") from error
        return cls(file, content)

    @property
    def settings(self) -> dict[str, Any]:
        """As they were when the run began."""
        return self._content["settings"]

    def done(self, stage: str) -> dict[str, Any] | None:
        """What came out of a stage that is done, else None.

        Raises:
            RunError: a file of the stage is not what it was.
        """
        entry = self._content["stages"].get(stage)
        if entry is None:
            return None
        for name, digest in entry["files"].items():
            file = self.folder / name
            if not file.is_file():
                raise RunError(f"{file} is missing: stage {stage} of the run had written it")
            if digest_of(file) != digest:
                raise RunError(f"{file} is not what stage {stage} of the run had written")
        return entry["outputs"]

    def finish(self, stage: str, outputs: Mapping[str, Any], *files: Path) -> None:
        """Note a stage as done.

        Args:
            stage: its name.
            outputs: JSON-ready.
            files: of the run folder, whose content the record holds to.
        """
        names = {str(file.relative_to(self.folder)): digest_of(file) for file in files}
        self._content["stages"][stage] = {"outputs": dict(outputs), "files": names}
        self._write()

    def repeat(self, stage: str, outputs: Mapping[str, Any]) -> None:
        """Note what is cheap to do again; a run that goes on must find the same.

        Args:
            stage: its name.
            outputs: JSON-ready.

        Raises:
            RunError: it does not.
        """
        before = self.done(stage)
        if before is None:
            self.finish(stage, outputs)
        elif before != outputs:
            raise RunError(f"{self.folder}: stage {stage} gave {before}, gives {outputs}")

    def discard_unless(self, stage: str) -> None:
        """Remove what was made for a run that did not get as far as ``stage``."""
        if stage not in self._content["stages"]:
            shutil.rmtree(self._made)

    def _write(self) -> None:
        write_atomically(self._file, json.dumps(self._content, indent=2) + "\n")


def contradictions(recorded: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    """Refuse flags that are not those of the run.

    Raises:
        ArgumentError: naming each flag with both values.
    """
    lines = [
        f"{_flag(name)}: the run has {recorded.get(name)!r}, asked {value!r}"
        for name, value in asked.items()
        if value != recorded.get(name)
    ]
    if lines:
        raise ArgumentError("; ".join(lines) + ": give what the run has, or nothing")


def digest_of(file: Path) -> str:
    """SHA-256 of a file's content."""
    return sha256(file.read_bytes()).hexdigest()


def _flag(name: str) -> str:
    return "--" + name.rpartition(".")[2].replace("_", "-")

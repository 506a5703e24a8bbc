"""How many strategies were tried before this one was shown, as the runs recorded it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ppo_agent.storage.run_directory import VALIDATION, read_rows


@dataclass(frozen=True, kw_only=True)
class Trials:
    """What a deflated Sharpe ratio has to make up for.

    Attributes:
        members: seeds x configurations trained side by side in the run.
        checkpoints: validated, of each of them; 1 where none was.
        looks: at the test range before this one.
        others: further ones that the run does not know of.
    """

    members: int = 1
    checkpoints: int = 1
    looks: int = 0
    others: int = 0

    @classmethod
    def of(cls, run: Path, metadata: Mapping[str, Any]) -> "Trials":
        """The record of a run.

        Args:
            run: its folder.
            metadata: of a checkpoint of it.
        """
        return cls(
            members=max(1, metadata.get("num_members", 0)),
            checkpoints=max(1, len(read_rows(run, VALIDATION))),
        )

    @property
    def count(self) -> int:
        """Every checkpoint that might have been chosen, every look before, and the others."""
        return self.members * self.checkpoints + self.looks + self.others

    def __str__(self) -> str:
        parts = [f"{self.members} of seed and configuration x {self.checkpoints} validated"]
        parts += [f"{self.looks} earlier looks at the test range"] * bool(self.looks)
        parts += [f"{self.others} elsewhere"] * bool(self.others)
        return f"{self.count}: {' + '.join(parts)}"

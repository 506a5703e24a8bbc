"""Restores the last checkpoint of a run with a pickle planted in place of each of its files.

Arguments: run folder, sentinel that the pickle would write. A process of its own, because orbax
leaves tasks behind every file that it cannot read.
"""

import contextlib
import pickle
import sys
from pathlib import Path
from typing import Any

from ppo_agent import Policy, TrainingError, train
from ppo_agent.storage.checkpoint import Checkpoints
from tests.ppo_agent.conftest import small_config
from tests.ppo_agent.corridor import Corridor, CorridorParams


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, sentinel: Path) -> None:
        self.sentinel = sentinel

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.write_text, (self.sentinel, "executed"))


def main(folder: Path, sentinel: Path) -> None:
    """Print how many files were tried, after showing that the pickle works where one unpickles."""
    planted = pickle.dumps(Bomb(sentinel))
    pickle.loads(planted)
    assert sentinel.read_text() == "executed"
    sentinel.unlink()
    config = small_config()
    whole = train(Corridor(), CorridorParams(), config, run_dir=folder, resume=True, progress=False)
    (step,) = (folder / "checkpoints").iterdir()
    files = [p for p in step.rglob("*") if p.is_file()]
    for file in files:
        content = file.read_bytes()
        file.write_bytes(planted)
        with contextlib.suppress(ValueError):
            Policy.load(folder)
        checkpoints = Checkpoints(folder)
        with contextlib.suppress(TrainingError):
            checkpoints.restore_latest(whole.train_state)
        checkpoints.close()
        file.write_bytes(content)
    print(f"TRIED {len(files)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

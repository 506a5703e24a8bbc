"""Trains the corridor and kills itself with SIGKILL in the middle of a save.

Arguments: run folder, number of the save, seconds from its start to the kill.
"""

import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from ppo_agent import train
from ppo_agent.storage.checkpoint import Checkpoints
from tests.ppo_agent.conftest import small_config
from tests.ppo_agent.corridor import Corridor, CorridorParams


def kill_in_save(number: int, delay: float) -> None:
    """Let the process die ``delay`` seconds into save ``number``."""
    right, saves = Checkpoints.save, [0]

    def die() -> None:
        time.sleep(delay)
        os.kill(os.getpid(), signal.SIGKILL)

    def save(self: Checkpoints, *arguments: Any) -> Path:
        saves[0] += 1
        if saves[0] == number:
            threading.Thread(target=die, daemon=True).start()
        return right(self, *arguments)

    setattr(Checkpoints, "save", save)  # noqa: B010


if __name__ == "__main__":
    kill_in_save(int(sys.argv[2]), float(sys.argv[3]))
    train(
        Corridor(),
        CorridorParams(),
        small_config(),
        run_dir=sys.argv[1],
        resume=True,
        progress=False,
    )

"""Kill a training run with SIGKILL in the middle of 20 saves and compare it with a straight run.

    python -m benchmarks.kill_resume [--kills 20]

Every child process resumes the same run folder and dies at a random moment of its next save. The
last one runs to the end. Parameters and metrics must equal those of an undisturbed run bit for
bit, and no kill may lose more than one checkpoint interval.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import jax
import numpy as np

from ppo_agent import read_rows, train
from tests.ppo_agent.conftest import small_config
from tests.ppo_agent.corridor import Corridor, CorridorParams

ROOT = Path(__file__).resolve().parents[1]


def config_of(kills: int) -> Any:
    """One save every 2 updates, long enough for all kills."""
    return small_config(checkpoint_every=2, total_timesteps=64 * 10 * (kills + 2))


def killed_child(folder: Path, kills: int, delay: float) -> int:
    """Resume in a new process that dies ``delay`` seconds after its first save began."""
    code = (
        "import sys\n"
        "from tests.ppo_agent.training.killed_child import kill_in_save\n"
        "from benchmarks import kill_resume as own\n"
        "kill_in_save(1, float(sys.argv[3]))\n"
        "own.run(own.Path(sys.argv[1]), int(sys.argv[2]))\n"
    )
    command = [sys.executable, "-c", code, str(folder), str(kills), str(delay)]
    return subprocess.run(command, env=os.environ, cwd=ROOT).returncode


def run(folder: Path, kills: int) -> Any:
    """Train, resuming what the folder holds."""
    return train(
        Corridor(),
        CorridorParams(),
        config_of(kills),
        run_dir=folder,
        resume=True,
        progress=False,
    )


def without_speed(folder: Path) -> list[dict[str, Any]]:
    """Metrics rows without the one field that may differ."""
    rows = read_rows(folder)
    return [{k: v for k, v in row.items() if k != "steps_per_second"} for row in rows]


def main() -> int:
    """Run the comparison; 0 when it holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as temporary:
        folder, straight = Path(temporary) / "killed", Path(temporary) / "straight"
        lost, kept = 0, 0
        for kill in range(options.kills):
            code = killed_child(folder, options.kills, draw.uniform(0.0, 0.6))
            steps = [int(p.name) for p in (folder / "checkpoints").iterdir() if p.name.isdigit()]
            reached = without_speed(folder)[-1]["update"]
            newest = max(steps, default=0)
            print(f"kill {kill + 1}: exit {code}, reached {reached}, newest checkpoint {newest}")
            if code != -9 or reached - newest > 2:
                print("FAILED: not killed in a save, or more than one interval lost")
                return 1
            lost, kept = lost + (newest < reached), kept + (newest == reached)
        ended, undisturbed = run(folder, options.kills), run(straight, options.kills)
        states = (jax.tree.leaves(one.train_state) for one in (ended, undisturbed))
        equal = all(np.array_equal(a, b) for a, b in zip(*states, strict=True))
        equal &= without_speed(folder) == without_speed(straight)
    print(f"{options.kills} kills: {lost} lost the save, {kept} did not; identical: {equal}")
    return 0 if equal else 1


if __name__ == "__main__":
    raise SystemExit(main())

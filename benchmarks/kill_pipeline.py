"""Kill `eval-tools pipeline` with SIGKILL in every one of its stages and compare the end.

    python -m benchmarks.kill_pipeline [--kills 20]

A small run is begun, killed at a random moment after a stage was announced, and resumed from its
folder alone, again and again: the kills are spread over the stages in their order. What comes out
at the end must equal the files of an undisturbed run byte for byte, and the rows of both trainings
apart from their speed.
"""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.kill_resume import without_speed

ROOT = Path(__file__).resolve().parents[1]
STAGES = ("market", "Phase 1", "gate of Phase 1", "Phase 2", "gate of Phase 2", "test")
COMPARED = ("summary.txt", "metrics.json")
LONGEST_DELAY = 3.0
"""Seconds between the announcement of a stage and the kill, at most."""

_CHILD = """
import sys
from pathlib import Path
from eval_tools.cli.commands.pipeline import PipelineConfig, run_pipeline
from eval_tools.cli.sources import Bars
from eval_tools.pipeline.settings import Settings
small = {"num_envs": 8, "num_steps": 16, "hidden_sizes": [8], "updates_per_chunk": 2,
         "tensorboard": False}
run_pipeline(PipelineConfig(
    run_dir=Path(sys.argv[1]), resume=sys.argv[2] == "resume", bars=Bars(sessions=20),
    settings=Settings(timesteps=4_000, validations=2, overrides=small, curriculum="seed"),
))
"""


def start(folder: Path) -> subprocess.Popen[str]:
    """Begin the run in the folder, or go on with it."""
    how = "resume" if (folder / "pipeline.json").exists() else "begin"
    return subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(folder), how],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def killed(folder: Path, stage: str, delay: float) -> int:
    """Go on until ``delay`` seconds after a stage was announced; the exit code."""
    child = start(folder)
    assert child.stderr is not None
    for line in child.stderr:
        if line.startswith(f"{stage} ..."):
            break
    drain = threading.Thread(target=child.stderr.read, daemon=True)  # a full pipe would stop it
    drain.start()
    time.sleep(delay)
    child.kill()
    return child.wait()


def finished(folder: Path) -> None:
    """Let the run in the folder go to its end."""
    child = start(folder)
    _, said = child.communicate()
    if child.returncode:
        raise SystemExit(f"the run in {folder} ended with {child.returncode}:\n{said}")


def content(folder: Path) -> dict[str, Any]:
    """What must be equal."""
    files: dict[str, Any] = {name: (folder / name).read_bytes() for name in COMPARED}
    return files | {phase: without_speed(folder / phase) for phase in ("phase1", "phase2")}


def main() -> int:
    """Run the comparison; 0 when it holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as temporary:
        straight, disturbed = Path(temporary) / "straight", Path(temporary) / "killed"
        finished(straight)
        in_time = 0
        for kill in range(options.kills):
            stage = STAGES[kill * len(STAGES) // options.kills]
            code = killed(disturbed, stage, draw.uniform(0.0, LONGEST_DELAY))
            in_time += code == -signal.SIGKILL
            print(f"kill {kill + 1}: {stage}, exit {code}", flush=True)
        finished(disturbed)
        wanted, found = content(straight), content(disturbed)
        differ = [name for name in wanted if wanted[name] != found[name]]
    print(f"{in_time} of {options.kills} kills hit a run; differing: {', '.join(differ) or 'none'}")
    return 0 if in_time == options.kills and not differ else 1


if __name__ == "__main__":
    raise SystemExit(main())

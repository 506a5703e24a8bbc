"""Speed against another commit, in one process and in turns.

python -m benchmarks.against COMMIT [--mode raw autoreset] [--num-envs 100 1000]
"""

import importlib
import io
import re
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Literal

import jax
import tyro

import futures_env
from benchmarks import cases
from benchmarks.command_line import refuse, too_small
from benchmarks.measure import Prepared, prepare

ROOT = Path(__file__).resolve().parents[1]
SOURCE = "packages/futures_env/src/futures_env"
OTHER = "futures_env_of_another_commit"


@dataclass(frozen=True, kw_only=True)
class Options:
    """Command line."""

    commit: tyro.conf.Positional[str]
    """Commit to compare with."""
    mode: tuple[Literal["raw", "masked", "autoreset"], ...] = ("raw",)
    """What a step is; see throughput.py."""
    num_envs: tuple[int, ...] = (100, 1_000, 5_000, 10_000)
    """Numbers of environments."""
    phase: tuple[Literal[1, 2], ...] = (1, 2)
    """1 and 2."""
    steps: int = 400_000
    """Environment steps per timed call (about)."""
    repeats: int = 30
    """Pairs of timed calls."""


def archive_of(commit: str) -> bytes | None:
    """The package's source at ``commit`` as a tar file; None: there is no such commit."""
    command = ["git", "archive", commit, SOURCE]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    return None if done.returncode else done.stdout


def package_from(archive: bytes, folder: Path) -> ModuleType:
    """The package in ``archive``, imported under a name of its own beside ours."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(folder, filter="data")
    (folder / SOURCE).rename(folder / OTHER)
    for path in (folder / OTHER).rglob("*.py"):
        path.write_text(re.sub(r"\bfutures_env\b", OTHER, path.read_text()))
    sys.path.insert(0, str(folder))
    return importlib.import_module(OTHER)


def prepared(package: ModuleType, mode: str, phase: int, num_envs: int, steps: int) -> Prepared:
    """The case of ``mode`` on a package's environment."""
    env = package.FuturesEnv(phase, market=package.synthetic_market())
    case = getattr(cases, f"{mode}_on")
    return prepare(*case(env, env.default_params, num_envs, max(steps // num_envs, 64)))


def seconds(call: Prepared) -> tuple[float, float]:
    """Wall and processor seconds of one call."""
    wall, processor = time.perf_counter(), time.process_time()
    jax.block_until_ready(call.compiled(*call.args))
    return time.perf_counter() - wall, time.process_time() - processor


def line(ratios: Sequence[float]) -> str:
    """Median and quartiles."""
    low, middle, high = statistics.quantiles(ratios, n=4)
    return f"{middle:.2f} [{low:.2f}, {high:.2f}]"


def main(args: Sequence[str] | None = None) -> None:
    """Print how many times as fast the tree is, one line per case."""
    options = tyro.cli(Options, description=__doc__, args=args)
    archive = archive_of(options.commit)
    refuse(
        too_small(1, num_envs=min(options.num_envs, default=1), steps=options.steps),
        too_small(2, repeats=options.repeats),
        None if archive else f"COMMIT: git knows none called {options.commit} with {SOURCE}",
    )
    print(f"{'mode':10} {'phase':>5} {'envs':>7}  {'x by processor time':20}  x by wall time")
    with tempfile.TemporaryDirectory() as folder:
        other = package_from(archive or b"", Path(folder))
        for mode in options.mode:
            for phase in options.phase:
                for num_envs in options.num_envs:
                    case = (mode, phase, num_envs, options.steps)
                    pair = prepared(other, *case), prepared(futures_env, *case)
                    rounds = [[seconds(one) for one in pair] for _ in range(options.repeats)]
                    wall, processor = (
                        line([theirs[kind] / ours[kind] for theirs, ours in rounds])
                        for kind in (0, 1)
                    )
                    print(f"{mode:10} {phase:5} {num_envs:7,}  {processor:20}  {wall}", flush=True)


if __name__ == "__main__":
    main()

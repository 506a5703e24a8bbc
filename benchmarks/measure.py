"""Timing of compiled calls: compile time apart, steady state over several repeats."""

import resource
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import jax


@dataclass(frozen=True, kw_only=True)
class Timing:
    """One measured call.

    Attributes:
        compile_seconds: trace, lower and compile, without the persistent cache.
        seconds: wall seconds of each repeat, blocked until ready.
    """

    compile_seconds: float
    seconds: tuple[float, ...]

    @property
    def best(self) -> float:
        """Fastest repeat: the least disturbed one on a shared machine."""
        return min(self.seconds)

    @property
    def median(self) -> float:
        """Median repeat."""
        return statistics.median(self.seconds)


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A compiled function with its arguments, run once already."""

    compiled: Callable[..., Any]
    args: tuple[Any, ...]
    compile_seconds: float

    def seconds(self) -> float:
        """Wall seconds of one call, blocked until ready."""
        began = time.perf_counter()
        jax.block_until_ready(self.compiled(*self.args))
        return time.perf_counter() - began


def prepare(function: Callable[..., Any], args: tuple[Any, ...]) -> Prepared:
    """Compile ``function`` for ``args`` and run it once, uncounted."""
    began = time.perf_counter()
    compiled = jax.jit(function).lower(*args).compile()
    compile_seconds = time.perf_counter() - began
    jax.block_until_ready(compiled(*args))
    return Prepared(compiled=compiled, args=args, compile_seconds=compile_seconds)


def race(contenders: Sequence[Prepared], repeats: int) -> list[Timing]:
    """Time several calls in turns, so that what disturbs the machine disturbs all of them."""
    rounds = [[one.seconds() for one in contenders] for _ in range(repeats)]
    return [
        Timing(compile_seconds=one.compile_seconds, seconds=seconds)
        for one, seconds in zip(contenders, zip(*rounds, strict=True), strict=True)
    ]


def time_call(function: Callable[..., Any], *args: Any, repeats: int = 5) -> Timing:
    """Compile ``function`` for ``args`` and time it; the first run is not counted."""
    return race([prepare(function, args)], repeats)[0]


def peak_process_mib() -> float:
    """Peak resident memory of this process in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def peak_device_mib() -> float | None:
    """Peak memory of the first device in MiB, where the backend counts it (not on CPU)."""
    stats = jax.devices()[0].memory_stats()
    return None if not stats else stats["peak_bytes_in_use"] / 2**20


def bytes_per_env(num_envs: int, *trees: Any) -> float:
    """Bytes of all leaves of ``trees`` (observations, states) per environment."""
    return sum(leaf.nbytes for leaf in jax.tree.leaves(trees)) / num_envs


def read_gpu_utilization() -> float | None:
    """Busy share of the first GPU in percent, as nvidia-smi sees it; None without one."""
    query = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", "--id=0"]
    try:
        return float(subprocess.run(query, capture_output=True, text=True, check=True).stdout)
    except (OSError, subprocess.CalledProcessError, ValueError):
        return None


@contextmanager
def gpu_utilization(every: float = 0.2) -> Iterator[list[float]]:
    """Samples of ``read_gpu_utilization`` while the block runs; an empty list without a GPU."""
    samples: list[float] = []
    over = threading.Event()

    def watch() -> None:
        while (percent := read_gpu_utilization()) is not None:
            samples.append(percent)
            if over.wait(every):
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield samples
    finally:
        over.set()
        watcher.join()

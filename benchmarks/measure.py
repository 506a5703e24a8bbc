"""Timing of compiled calls: compile time apart, steady state over several repeats."""

import resource
import statistics
import time
from collections.abc import Callable
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


def time_call(function: Callable[..., Any], *args: Any, repeats: int = 5) -> Timing:
    """Compile ``function`` for ``args`` and time it; the first run is not counted."""
    began = time.perf_counter()
    compiled = jax.jit(function).lower(*args).compile()
    compile_seconds = time.perf_counter() - began
    jax.block_until_ready(compiled(*args))
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        jax.block_until_ready(compiled(*args))
        seconds.append(time.perf_counter() - began)
    return Timing(compile_seconds=compile_seconds, seconds=tuple(seconds))


def peak_process_mib() -> float:
    """Peak resident memory of this process in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def peak_device_mib() -> float | None:
    """Peak memory of the first device in MiB, where the backend counts it (not on CPU)."""
    stats = jax.devices()[0].memory_stats()
    return None if not stats else stats["peak_bytes_in_use"] / 2**20

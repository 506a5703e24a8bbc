"""``eval-tools quick-check``: does learning work here?"""

import time
from dataclasses import dataclass
from pathlib import Path

from eval_tools.gates import require_all
from eval_tools.quick_check import MIN_SESSIONS, SESSIONS, TIMESTEPS, QuickCheck, quick_check
from eval_tools.report.artefacts import free_run_id
from futures_env import ArgumentError


@dataclass(frozen=True, kw_only=True)
class QuickCheckConfig:
    """Train Phase 1 shortly on a planted edge and demand that it is found; exit code 1 if not.

    The synthetic market has an edge that anybody can see; its twin is the same market without it.
    """

    seed: int = 0
    """Of the market and of training."""
    sessions: int = SESSIONS
    """Of the market, at least 250; the last fifth is held out of training."""
    timesteps: int = TIMESTEPS
    """Environment steps of training, rounded up to whole updates."""
    out: Path = Path("runs")
    """Folder of all runs."""


def run_quick_check(config: QuickCheckConfig) -> None:
    """Train, judge, print every gate.

    Raises:
        GateError: when one failed.
    """
    if config.sessions < MIN_SESSIONS:
        raise ArgumentError(f"--sessions {config.sessions}: at least {MIN_SESSIONS} are needed")
    if config.timesteps < 1 or config.seed < 0:
        raise ArgumentError("--timesteps must be at least 1 and --seed at least 0")
    began = time.perf_counter()
    folder = config.out / free_run_id(config.out, f"quick-check-{config.seed}")
    check = QuickCheck(seed=config.seed, sessions=config.sessions, timesteps=config.timesteps)
    gates = quick_check(check, folder)
    for gate in gates:
        print(gate.text)
    print(f"{time.perf_counter() - began:.0f} s; run: {folder}")
    require_all(gates)

"""Environment steps per second across numbers of environments.

Each case runs in a fresh process. ``--json FILE`` keeps the numbers, ``--plot FILE`` draws them,
``--baseline`` adds gymnax's CartPole-v1 and Breakout-MinAtar measured in the same process.
See benchmarks/README.md for how to read the figures.
"""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import tyro
from rich import box
from rich.console import Console
from rich.table import Table

# the folder of this file stands first where it is run as a file
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.command_line import refuse, too_small, unwritable

Mode = Literal["raw", "blocks", "masked", "autoreset", "train"]
# spelled out: to import the environments would start the accelerator in this process
Symbol = Literal[
    "ES", "NQ", "RTY", "YM", "CL", "GC", "MES", "MNQ", "M2K", "MYM", "MCL", "MGC", "Multi"
]
BLOCK = 1_000
ENV_COUNTS = (100, 256, 1_000, 5_000, 10_000)
ON_ACCELERATOR = 65_536
HEADINGS = {
    "share_of_observation_only": "of limit",
    "share_of_observation_in_place": "of in-place",
    "share_of_bound": "of bound",
    "share_of_raw": "of raw",
    "share_of_masked": "of masked",
    "ratio_to_PureJaxRL": "x PureJaxRL",
    "ratio_to_CartPole-v1": "x CartPole",
    "ratio_to_Breakout-MinAtar": "x Breakout",
    "gpu_utilization_percent": "GPU %",
    "peak_device_mib": "device MiB",
}
"""Figures that only some cases have, and their columns."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Command line of the benchmark."""

    num_envs: tuple[int, ...] = ()
    """Numbers of environments; default: 100, 256, 1,000, 5,000, 10,000, and 65,536 on an
    accelerator; of these, blocks takes the multiples of 1,000."""
    phase: tuple[Literal[1, 2], ...] = (1, 2)
    """Phases, 1 and 2."""
    mode: tuple[Mode, ...] = ("raw", "autoreset", "train")
    """raw step; the same in blocks of 1,000 environments; raw step with mask and a random policy
    over the legal actions; step with autoreset under the same policy; full PPO training."""
    symbol: Symbol = "NQ"
    """Market of the environments."""
    steps: int = 1_000_000
    """Environment steps per timed call (about)."""
    repeats: int = 5
    """Timed calls per case; the best and the median are reported."""
    baseline: bool = False
    """Also measure gymnax's own environments in the same process."""
    json: Path | None = None
    """Write every case here."""
    plot: Path | None = None
    """Draw steps per second against the number of environments (svg, png or pdf)."""
    case: str = field(default="", metadata={"internal": True})
    """Run one case in this process and print it as JSON (used by the parent process)."""


def check(options: Options) -> None:
    """Refuse a command line that no case, table or plot could follow."""
    uneven = [count for count in options.num_envs if count % BLOCK]
    refuse(
        too_small(1, num_envs=min(options.num_envs, default=1), steps=options.steps),
        too_small(1, repeats=options.repeats),
        f"--num-envs: --mode blocks takes multiples of {BLOCK:,}, not {uneven[0]:,}"
        if uneven and "blocks" in options.mode
        else None,
        unwritable("--json", options.json),
        unwritable("--plot", options.plot, (".svg", ".png", ".pdf")),
    )


def on_accelerator() -> bool:
    """Whether JAX runs on something else than the CPU, asked in a process of its own."""
    command = [sys.executable, "-c", "import jax; print(jax.default_backend())"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode == 0 and done.stdout.strip() != "cpu"


def spawn(args: Sequence[str], mode: str, phase: int, num_envs: int) -> dict[str, Any]:
    """Run one case in a fresh process, without the persistent compilation cache."""
    env = os.environ | {"JAX_ENABLE_COMPILATION_CACHE": "false"}
    command = [sys.executable, __file__, *args, "--case", f"{mode},{phase},{num_envs}"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        error = done.stderr.strip().splitlines()[-1:] or ["no message"]
        return {"mode": mode, "phase": phase, "num_envs": num_envs, "error": error[0]}
    return json.loads(done.stdout.splitlines()[-1])


def print_table(results: list[dict[str, Any]], console: Console) -> None:
    """One aligned row per case."""
    extra = [n for n in HEADINGS if any(row.get(n) is not None for row in results)]
    table = Table("mode", "phase", "envs", "steps/s", "median", "compile s", "process MiB", "B/env",
                  *(HEADINGS[name] for name in extra), box=box.SIMPLE)  # fmt: skip
    for row in results:
        if "error" in row:
            table.add_row(row["mode"], str(row["phase"]), f"{row['num_envs']:,}", row["error"])
            continue
        found = [row.get(name) for name in extra]
        shares = ["" if value is None else f"{value:,.2f}" for value in found]
        table.add_row(
            row["mode"], str(row["phase"]), f"{row['num_envs']:,}",
            f"{row['steps_per_second']:,.0f}", f"{row['median_steps_per_second']:,.0f}",
            f"{row['compile_seconds']:.1f}", f"{row['peak_process_mib']:,.0f}",
            f"{row['bytes_per_env']:,.0f}", *shares,
        )  # fmt: skip
    console.print(table)


def plot(results: list[dict[str, Any]], path: Path) -> None:
    """Steps per second against the number of environments, one line per mode and phase."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5))
    for mode, phase in dict.fromkeys((r["mode"], r["phase"]) for r in results if "error" not in r):
        line = [r for r in results if (r["mode"], r["phase"]) == (mode, phase) and "error" not in r]
        counts = [r["num_envs"] for r in line]
        axes.plot(counts, [r["steps_per_second"] for r in line], "o-", label=f"{mode}, {phase}")
    axes.set(xscale="log", yscale="log", xlabel="environments", ylabel="steps per second")
    axes.legend(title="mode, phase")
    axes.grid(visible=True, which="both", alpha=0.3)
    figure.savefig(path, bbox_inches="tight")


def main(args: Sequence[str]) -> None:
    """Run every case in a process of its own."""
    options = tyro.cli(Options, description=__doc__, args=args)
    if options.case:
        mode, phase, num_envs = options.case.split(",")
        # heavy imports, and the accelerator, belong to the process of a case
        from benchmarks.one_case import measure_case

        env_id = f"Futures{options.symbol}-Phase{phase}"
        found = measure_case(
            mode, env_id, int(num_envs), options.steps, options.repeats, options.baseline
        )
        print(json.dumps({"mode": mode, "phase": int(phase), "num_envs": int(num_envs)} | found))
        return
    check(options)
    # a fixed width, so that a pipe or a CI log does not cut the columns
    console = Console(width=None if sys.stdout.isatty() else 140)
    results = []
    counts = options.num_envs or (*ENV_COUNTS, *([ON_ACCELERATOR] if on_accelerator() else []))
    for mode in options.mode:
        for phase in options.phase:
            for num_envs in counts:
                if mode == "blocks" and num_envs % BLOCK:
                    continue
                console.print(f"{mode}, phase {phase}, {num_envs:,} environments ...", style="dim")
                results.append(spawn(args, mode, phase, num_envs))
    print_table(results, console)
    if options.json:
        machine = {"platform": platform.platform(), "cores": os.cpu_count()}
        options.json.write_text(json.dumps({"machine": machine, "results": results}, indent=1))
    if options.plot:
        plot(results, options.plot)
    if any("error" in row for row in results):
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])

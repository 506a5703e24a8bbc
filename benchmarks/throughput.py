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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import tyro
from rich import box
from rich.console import Console
from rich.table import Table

Mode = Literal["raw", "autoreset", "train"]
BASELINES = ("CartPole-v1", "Breakout-MinAtar")


@dataclass(frozen=True, kw_only=True)
class Options:
    """Command line of the benchmark."""

    num_envs: tuple[int, ...] = (100, 256, 1_000, 5_000, 10_000)
    """Numbers of environments."""
    phase: tuple[int, ...] = (1, 2)
    """Phases, 1 and 2."""
    mode: tuple[Mode, ...] = ("raw", "autoreset", "train")
    """raw step; step with autoreset and masked random policy; full PPO training."""
    symbol: str = "NQ"
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
    """Draw steps per second against the number of environments (svg or png)."""
    case: str = field(default="", metadata={"internal": True})
    """Run one case in this process and print it as JSON (used by the parent process)."""


def run_case(mode: Mode, phase: int, num_envs: int, options: Options) -> dict[str, Any]:
    """Measure one case in this process."""
    import jax

    from benchmarks import cases, training
    from benchmarks.measure import peak_device_mib, peak_process_mib, time_call

    env_id = f"Futures{options.symbol}-Phase{phase}"
    num_steps = max(options.steps // num_envs, 64)
    result: dict[str, Any] = {"mode": mode, "phase": phase, "num_envs": num_envs}
    if mode == "train":
        result |= training.measure(env_id, num_envs, options.repeats)
        if options.baseline:
            other = training.measure_baseline(env_id, num_envs, options.repeats)
            result["ratio_to_PureJaxRL"] = result["steps_per_second"] / other
    else:
        function, args = getattr(cases, mode)(env_id, num_envs, num_steps)
        timing = time_call(function, *args, repeats=options.repeats)
        result |= _rates(timing, num_envs * num_steps)
    result["peak_process_mib"] = peak_process_mib()
    result["peak_device_mib"] = peak_device_mib()
    if mode == "raw":
        for name, only in (
            ("limit", cases.observation_only),
            ("in_place_limit", cases.observation_in_place),
        ):
            function, args = only(env_id, num_envs, num_steps)
            limit = time_call(function, *args, repeats=options.repeats)
            result[f"{name}_steps_per_second"] = num_envs * num_steps / limit.best
            result[f"share_of_{name}"] = limit.best / timing.best
    if options.baseline and mode == "autoreset":
        for name in BASELINES:
            function, args = cases.autoreset(name, num_envs, num_steps)
            other = time_call(function, *args, repeats=options.repeats)
            result[f"ratio_to_{name}"] = other.best / timing.best
    device = jax.devices()[0]
    return result | {"device": device.device_kind, "jax": jax.__version__}


def _rates(timing: Any, steps: int) -> dict[str, float]:
    return {
        "steps_per_second": steps / timing.best,
        "median_steps_per_second": steps / timing.median,
        "compile_seconds": timing.compile_seconds,
    }


def spawn(mode: str, phase: int, num_envs: int) -> dict[str, Any]:
    """Run one case in a fresh process, without the persistent compilation cache."""
    env = os.environ | {"JAX_ENABLE_COMPILATION_CACHE": "false"}
    env["PYTHONPATH"] = os.pathsep.join([str(ROOT), env.get("PYTHONPATH", "")])
    command = [sys.executable, __file__, *sys.argv[1:], "--case", f"{mode},{phase},{num_envs}"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        error = done.stderr.strip().splitlines()[-1:] or ["no message"]
        return {"mode": mode, "phase": phase, "num_envs": num_envs, "error": error[0]}
    return json.loads(done.stdout.splitlines()[-1])


def print_table(results: list[dict[str, Any]], console: Console) -> None:
    """One aligned row per case."""
    extra = sorted({k for r in results for k in r if k.startswith(("share_", "ratio_"))})
    table = Table("mode", "phase", "envs", "steps/s", "median", "compile s", "process MiB",
                  *(name.replace("_", " ") for name in extra), box=box.SIMPLE)  # fmt: skip
    for row in results:
        if "error" in row:
            table.add_row(row["mode"], str(row["phase"]), f"{row['num_envs']:,}", row["error"])
            continue
        shares = [f"{row[name]:.2f}" if name in row else "" for name in extra]
        table.add_row(
            row["mode"], str(row["phase"]), f"{row['num_envs']:,}",
            f"{row['steps_per_second']:,.0f}", f"{row['median_steps_per_second']:,.0f}",
            f"{row['compile_seconds']:.1f}", f"{row['peak_process_mib']:,.0f}", *shares,
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


def main() -> None:
    """Run every case in a process of its own."""
    options = tyro.cli(Options, description=__doc__)
    if options.case:
        mode, phase, num_envs = options.case.split(",")
        print(json.dumps(run_case(mode, int(phase), int(num_envs), options)))  # ty: ignore
        return
    # a fixed width, so that a pipe or a CI log does not cut the columns
    console = Console(width=None if sys.stdout.isatty() else 140)
    results = []
    for mode in options.mode:
        for phase in options.phase:
            for num_envs in options.num_envs:
                console.print(f"{mode}, phase {phase}, {num_envs:,} environments ...", style="dim")
                results.append(spawn(mode, phase, num_envs))
    print_table(results, console)
    if options.json:
        machine = {"platform": platform.platform(), "cores": os.cpu_count()}
        options.json.write_text(json.dumps({"machine": machine, "results": results}, indent=1))
    if options.plot:
        plot(results, options.plot)
    if any("error" in row for row in results):
        sys.exit(1)


ROOT = Path(__file__).resolve().parents[1]

if __name__ == "__main__":
    main()

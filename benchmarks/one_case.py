"""One case of the throughput table, measured in this process."""

from typing import Any, Literal

import gymnax
import jax

from benchmarks import cases, training
from benchmarks.measure import (
    Prepared,
    Timing,
    bytes_per_env,
    gpu_utilization,
    peak_device_mib,
    peak_process_mib,
    prepare,
    race,
)

Mode = Literal["raw", "blocks", "masked", "autoreset", "train"]
BASELINES = ("CartPole-v1", "Breakout-MinAtar")
COMPARED_WITH = {
    "raw": ("observation_only", "observation_in_place"),
    "masked": ("raw",),
    "autoreset": ("raw", "masked"),
}
"""Cases that take turns with a mode, and that its speed is a share of."""


def measure_case(
    mode: Mode, env_id: str, num_envs: int, steps: int, repeats: int, baseline: bool
) -> dict[str, Any]:
    """Figures of one case: rates, compile time, memory, and ratios to what it is compared with."""
    if mode == "train":
        found = _training(env_id, num_envs, repeats, baseline)
    else:
        found = _stepping(mode, env_id, num_envs, max(steps // num_envs, 64), repeats, baseline)
    device = jax.devices()[0]
    return found | {"device": device.device_kind, "jax": jax.__version__}


def _memory() -> dict[str, float | None]:
    return {"peak_process_mib": peak_process_mib(), "peak_device_mib": peak_device_mib()}


def _training(env_id: str, num_envs: int, repeats: int, baseline: bool) -> dict[str, Any]:
    with gpu_utilization() as busy:
        found = training.measure(env_id, num_envs, repeats)
    found |= _memory() | {"gpu_utilization_percent": max(busy, default=None)}
    env, params = gymnax.make(env_id)
    started = jax.vmap(env.reset, (0, None))(jax.random.split(jax.random.key(0), num_envs), params)
    found["bytes_per_env"] = bytes_per_env(num_envs, started)
    if baseline:
        other = training.measure_baseline(env_id, num_envs, repeats)
        found["ratio_to_PureJaxRL"] = found["steps_per_second"] / other
    return found


def _stepping(
    mode: Mode, env_id: str, num_envs: int, num_steps: int, repeats: int, baseline: bool
) -> dict[str, Any]:
    function, args = getattr(cases, mode)(env_id, num_envs, num_steps)
    ours = prepare(function, args)
    found: dict[str, Any] = {"bytes_per_env": bytes_per_env(num_envs, args[:2])} | _memory()
    others: dict[str, Prepared] = {}
    for name in COMPARED_WITH.get(mode, ()):
        others[f"share_of_{name}"] = prepare(*getattr(cases, name)(env_id, num_envs, num_steps))
    if baseline and mode in ("raw", "autoreset"):
        for name in BASELINES:
            others[f"ratio_to_{name}"] = prepare(*getattr(cases, mode)(name, num_envs, num_steps))
    with gpu_utilization() as busy:
        first, *rest = race([ours, *others.values()], repeats)
    found |= {"gpu_utilization_percent": max(busy, default=None)}
    found |= _rates(first, num_envs * num_steps)
    return found | {name: one.best / first.best for name, one in zip(others, rest, strict=True)}


def _rates(timing: Timing, steps: int) -> dict[str, float]:
    return {
        "steps_per_second": steps / timing.best,
        "median_steps_per_second": steps / timing.median,
        "compile_seconds": timing.compile_seconds,
    }

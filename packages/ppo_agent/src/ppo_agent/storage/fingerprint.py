"""What a run was started with, in plain values that a continuation can be compared with."""

import dataclasses
import hashlib
import inspect
import math
import re
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ppo_agent.algorithm.schedules import FloorSchedule, ParamsSchedule, scheduled_params
from ppo_agent.environment import Environment
from ppo_agent.storage.same_run import INITIAL_STATE
from ppo_agent.types import PyTree

Schedules = tuple[ParamsSchedule | None, FloorSchedule | None]
"""Of the environment parameters and of the action floor."""

_SAMPLES = 11
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_PLAIN = (bool, int, float, str, type(None))


def describe_inputs(
    env: Environment,
    env_params: PyTree,
    param_axes: Sequence[int | None],
    schedules: Schedules,
    initial_state: PyTree,
) -> dict[str, Any]:
    """The arguments of a run besides its configuration.

    Args:
        env: its class and its public attributes that hold plain values.
        env_params: every leaf by name; see ``describe_leaf``.
        param_axes: one vmap axis (0 or None) per leaf.
        schedules: of the parameters and of the action floor, each by name and by its values at 11
            points of progress from 0 to 1, so that functions of one name are told apart.
        initial_state: what training starts from; a digest, None without one.
    """
    params_schedule, floor_schedule = schedules
    return {
        "env": describe_env(env),
        "env_params": describe_params(env_params, param_axes),
        "params_schedule": _describe_schedule(params_schedule, _applied, env_params),
        "action_floor_schedule": _describe_schedule(floor_schedule, _floor, env_params),
        INITIAL_STATE: None if initial_state is None else digest(initial_state),
    }


def describe_env(env: Environment) -> dict[str, Any]:
    """Class and public plain attributes, which constructors keep their arguments in."""
    known = {"class": name_of(type(env))}
    for name, value in getattr(env, "__dict__", {}).items():
        cached = isinstance(inspect.getattr_static(type(env), name, None), cached_property)
        if name.startswith("_") or cached:  # caches come and go
            continue
        if isinstance(value, np.ndarray | jax.Array):
            known[name] = describe_leaf(value)
        elif isinstance(value, _PLAIN):
            known[name] = value
        elif isinstance(value, tuple) or dataclasses.is_dataclass(value):
            known[name] = _without_addresses(repr(value))
    return known


def describe_params(env_params: PyTree, param_axes: Sequence[int | None]) -> dict[str, Any]:
    """One entry per leaf; leaves with one row per environment say so."""
    leaves = jax.tree_util.tree_leaves_with_path(env_params)
    described = {}
    for (path, leaf), axis in zip(leaves, param_axes, strict=True):
        value = describe_leaf(leaf)
        name = jax.tree_util.keystr(path, simple=True, separator=".")
        described[name] = value if axis is None else f"{value} per environment"
    return described


def describe_leaf(leaf: Any) -> bool | int | float | str:
    """A finite scalar as it is, an array by type, shape and hash of its bytes."""
    values = _host(leaf)
    if values.ndim or (values.dtype.kind == "f" and not math.isfinite(values)):
        return f"{values.dtype}{list(values.shape)} {digest(values)}"
    return values.item() if values.dtype.kind in "biuf" else str(values)


def digest(tree: PyTree) -> str:
    """SHA-256 over names, types, shapes and bytes of all leaves, shortened to 16 digits."""
    found = hashlib.sha256()
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        values = _host(leaf)
        found.update(f"{jax.tree_util.keystr(path)} {values.dtype} {values.shape}".encode())
        found.update(values.tobytes())
    return f"sha256:{found.hexdigest()[:16]}"


def _host(leaf: Any) -> np.ndarray:
    """The values in the type that they have in a compiled function."""
    if jax.dtypes.issubdtype(getattr(leaf, "dtype", None), jax.dtypes.prng_key):
        leaf = jax.random.key_data(leaf)
    values = np.asarray(leaf)
    return values.astype(jax.dtypes.canonicalize_dtype(values.dtype))


def _describe_schedule(
    schedule: Any, values: Callable[..., dict[str, jax.Array]], env_params: PyTree
) -> dict[str, Any] | None:
    if schedule is None:
        return None
    points = jnp.linspace(0.0, 1.0, _SAMPLES)
    sample = jax.jit(lambda params: jax.lax.map(partial(values, schedule, params), points))
    found = jax.device_get(sample(env_params))
    return {
        "name": name_of(schedule),
        "values": {name: np.float32(row).tolist() for name, row in found.items()},
    }


def _applied(schedule: ParamsSchedule, params: PyTree, progress: jax.Array) -> dict[str, jax.Array]:
    return scheduled_params(schedule, params, progress)[1]


def _floor(schedule: FloorSchedule, _: PyTree, progress: jax.Array) -> dict[str, jax.Array]:
    return {"floor": schedule(progress)}


def name_of(value: Any) -> str:
    """``module:qualname`` of a function or class, and what a partial or an instance holds."""
    if isinstance(value, partial):
        bound = [repr(one) for one in value.args]
        bound += [f"{name}={one!r}" for name, one in value.keywords.items()]
        return _without_addresses(f"partial({', '.join([name_of(value.func), *bound])})")
    if hasattr(value, "__qualname__"):
        owner = getattr(value, "__self__", None)
        held = "" if owner is None or inspect.ismodule(owner) else f" of {name_of(owner)}"
        return f"{value.__module__}:{value.__qualname__}{held}"
    kind = type(value)
    return _without_addresses(f"{kind.__module__}:{kind.__qualname__} {value!r}")


def _without_addresses(text: str) -> str:
    return _ADDRESS.sub("", text)

"""Spreading the environments over devices and processes by ``jax.sharding`` alone.

Workers are split along the environment axis, everything else is replicated; XLA inserts the
gradient reductions. One device and N devices run the same program on the same random numbers.
"""

from dataclasses import replace
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from ppo_agent.config_checks import nearest_divisors
from ppo_agent.types import PyTree, TrainState

ENV_AXIS = "env"


def make_mesh(num_devices: int, num_envs: int) -> Mesh | None:
    """A one-axis mesh, None for one device of one process.

    Args:
        num_devices: devices over all processes; 0 means all there are.
        num_envs: environments to spread.

    Raises:
        ValueError: when there are fewer devices, or the environments do not divide.
    """
    available = jax.device_count()
    wanted = num_devices or available
    nearest = nearest_divisors(num_envs, min(wanted, available), available)
    if wanted > available:
        raise ValueError(f"num_devices={wanted}, but jax sees {available}: {nearest}")
    if num_envs % wanted:
        raise ValueError(f"num_devices={wanted} does not divide num_envs={num_envs}: {nearest}")
    if jax.process_count() > 1 and wanted != available:
        raise ValueError(f"several processes use all devices: set num_devices={available} or 0")
    if wanted == 1:
        return None
    devices = np.asarray(jax.devices()[:wanted])
    return Mesh(devices, (ENV_AXIS,), axis_types=(AxisType.Auto,))


def state_sharding(mesh: Mesh, state: TrainState, num_members: int) -> TrainState:
    """A sharding per leaf of a train state (arrays or shapes)."""
    split = PartitionSpec(None, ENV_AXIS) if num_members else PartitionSpec(ENV_AXIS)
    replicated = NamedSharding(mesh, PartitionSpec())
    shardings = jax.tree.map(lambda _: replicated, state)
    return replace(
        shardings, workers=jax.tree.map(lambda _: NamedSharding(mesh, split), state.workers)
    )


def constrain_state(mesh: Mesh | None, state: TrainState, num_members: int) -> TrainState:
    """Hold the layout of the state at the end of a chunk, so that the next one fits it."""
    if mesh is None:
        return state
    shardings = state_sharding(mesh, state, num_members)
    return jax.lax.with_sharding_constraint(state, shardings)


def place_params(
    mesh: Mesh | None, env_params: PyTree, param_axes: tuple[int | None, ...]
) -> PyTree:
    """Environment parameters on the mesh: batched leaves split, shared ones replicated."""
    if mesh is None:
        return env_params
    leaves, treedef = jax.tree.flatten(env_params)
    specs = [PartitionSpec() if axis is None else PartitionSpec(ENV_AXIS) for axis in param_axes]
    shardings = [NamedSharding(mesh, spec) for spec in specs]
    return treedef.unflatten(map(_place, leaves, shardings))


def _place(leaf: Any, sharding: NamedSharding) -> jax.Array:
    """A global array from values that every process holds."""
    values = np.asarray(leaf)
    values = values.astype(jax.dtypes.canonicalize_dtype(values.dtype))
    return jax.make_array_from_callback(values.shape, sharding, lambda index: values[index])


def is_main_process() -> bool:
    """Whether this process writes files and talks to the user."""
    return jax.process_index() == 0


def wait_for_all(name: str) -> None:
    """A barrier for all processes."""
    if jax.process_count() > 1:
        multihost_utils.sync_global_devices(name)


def agree(flag: bool) -> bool:
    """Process 0's flag in every process."""
    if jax.process_count() == 1:
        return flag
    return bool(multihost_utils.broadcast_one_to_all(np.asarray(flag)))

"""What changes with progress: learning rate, prior, action floor and parameters."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ppo_agent.types import Hyper, PyTree

ParamsSchedule = Callable[[PyTree, jax.Array], PyTree]
"""(env_params, progress) -> env_params, traced."""

FloorSchedule = Callable[[jax.Array], jax.Array]
"""progress -> least probability of a legal action, traced."""

PARAM = "param/"
"""In front of the name of a scheduled parameter, in the metrics of an update."""


def hashable(schedule: Any) -> Any:
    """The schedule as a static argument: a bound ``__call__`` hashes by identity of its owner."""
    return None if schedule is None else schedule.__call__


def stage_of(schedule: Any, update: int, num_updates: int) -> str:
    """What the schedule calls the stage of an update, 1 for the first; empty without names.

    Args:
        schedule: as the caller gave it; its ``stage(progress) -> str`` is asked on the host.
        update: 1, 2, ..., num_updates.
        num_updates: of the whole run.
    """
    names = getattr(schedule, "stage", None)
    # the same division in the same precision as in the compiled update
    return names(float(np.float32(update - 1) / np.float32(num_updates))) if names else ""


def progress_of(update: jax.Array, num_updates: jax.Array) -> jax.Array:
    """() float32 progress (u - 1) / num_updates of the update u that follows ``update`` done."""
    return update.astype(jnp.float32) / num_updates


def learning_rate(hyper: Hyper, optimizer_steps: jax.Array, steps_per_update: int) -> jax.Array:
    """() float32 step size, linear in optimizer steps (not in updates or epochs)."""
    total = hyper.num_updates.astype(jnp.float32) * steps_per_update
    fraction = jnp.minimum(optimizer_steps / total, 1.0)
    return hyper.learning_rate + fraction * (hyper.learning_rate_final - hyper.learning_rate)


def scheduled_hyper(hyper: Hyper, progress: jax.Array) -> Hyper:
    """Hyper-parameters of this update; weight and logit of the prior are linear in progress."""
    return replace(
        hyper,
        ent_coef=hyper.ent_coef * (1.0 - hyper.ent_coef_decay * progress),
        resting_logit=hyper.resting_logit * (1.0 + hyper.resting_logit_growth * progress),
    )


def action_floor(hyper: Hyper, schedule: FloorSchedule | None, progress: jax.Array) -> jax.Array:
    """() float32, the larger of the scheduled floor and the one controllers may set."""
    if schedule is None:
        return hyper.action_floor
    return jnp.maximum(hyper.action_floor, schedule(progress))


def check_schedule(schedule: ParamsSchedule, env_params: PyTree) -> None:
    """Apply a schedule once, abstractly.

    Raises:
        ValueError: saying why it cannot be applied to these parameters.
    """
    try:
        jax.eval_shape(partial(scheduled_params, schedule), env_params, jnp.zeros(()))
    except Exception as error:  # the caller's code may fail in any way
        raise ValueError(
            f"cannot be applied to {type(env_params).__name__}: {type(error).__name__}: {error}; "
            "a schedule takes (env_params, progress) and returns env_params with fields replaced"
        ) from error


def scheduled_params(
    schedule: ParamsSchedule | None, env_params: PyTree, progress: jax.Array
) -> tuple[PyTree, dict[str, jax.Array]]:
    """Environment parameters of this update and the scalars that the schedule set.

    Leaves keep the shape and dtype they came with, so a scalar set by the schedule reaches every
    entry of a batched leaf.

    Returns:
        the parameters, and ``param/<field>`` -> () float32 as charged, for each replaced leaf.
    """
    if schedule is None:
        return env_params, {}
    env_params = jax.tree.map(jnp.asarray, env_params)
    before, treedef = jax.tree_util.tree_flatten_with_path(env_params)
    after = treedef.flatten_up_to(schedule(env_params, progress))
    leaves, applied = [], {}
    for (path, old), new in zip(before, after, strict=True):
        if new is not old:
            new = jnp.broadcast_to(jnp.asarray(new).astype(old.dtype), old.shape)
            name = jax.tree_util.keystr(path, simple=True, separator=".")
            applied[PARAM + name] = jnp.mean(new.astype(jnp.float32))
        leaves.append(new)
    return treedef.unflatten(leaves), applied

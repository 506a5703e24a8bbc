"""Batches of parameters: which fields vary between environments, and how to draw them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp

from futures_env.types import SCALAR_FIELDS, EnvParams


def _checked(names: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    unknown = sorted(set(names) - set(SCALAR_FIELDS))
    if unknown:
        raise ValueError(f"no such EnvParams field: {', '.join(unknown)}; known fields: "
                         f"{', '.join(SCALAR_FIELDS)} (the market is always shared)")  # fmt: skip
    return tuple(names)


def params_in_axes(params: EnvParams, *batched: str) -> EnvParams:
    """``in_axes`` for ``jax.vmap`` over parameters: 0 for the batched fields, else None.

    Without names every scalar field is batched, as in ``broadcast_params``.

    Args:
        params: any parameters of the same market (gives the structure).
        batched: names of the fields with a leading batch axis.

    Raises:
        ValueError: for a name that is not a scalar field.
    """
    shared = jax.tree.map(lambda _: None, params)
    return replace(shared, **dict.fromkeys(_checked(batched) or SCALAR_FIELDS, 0))


def broadcast_params(params: EnvParams, num_envs: int, *batched: str) -> EnvParams:
    """Repeat the named fields (all scalar fields when none is named) ``num_envs`` times."""
    names = _checked(batched) or SCALAR_FIELDS
    values = {name: jnp.asarray(getattr(params, name)) for name in names}
    repeated = {
        name: jnp.broadcast_to(value, (num_envs, *value.shape)) for name, value in values.items()
    }
    return replace(params, **repeated)


def sample_params(
    key: jax.Array,
    params: EnvParams,
    num_envs: int,
    **samplers: Callable[[jax.Array, tuple[int, ...]], jax.Array],
) -> tuple[EnvParams, EnvParams]:
    """Draw some fields per environment.

    Args:
        key: PRNG key.
        params: parameters to vary.
        num_envs: batch size.
        samplers: field name -> ``function(key, shape) -> values``.

    Returns:
        (params with the drawn fields, (num_envs,) in front of their shape, and their in_axes).
    """
    names = _checked(tuple(samplers))
    keys = jax.random.split(key, max(len(names), 1))
    drawn: dict[str, Any] = {}
    for name, one_key in zip(names, keys, strict=False):
        old = jnp.asarray(getattr(params, name))
        drawn[name] = jnp.asarray(samplers[name](one_key, (num_envs, *old.shape)), old.dtype)
    axes = replace(jax.tree.map(lambda _: None, params), **dict.fromkeys(names, 0))
    return replace(params, **drawn), axes

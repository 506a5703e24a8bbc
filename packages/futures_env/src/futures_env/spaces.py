"""Spaces of single leaves."""

import jax
import jax.numpy as jnp
from gymnax.environments import spaces


def whole_range(value: jax.Array) -> spaces.Box | spaces.Discrete:
    """Every value that the dtype of ``value`` holds."""
    if value.dtype == jnp.bool_:
        return spaces.Discrete(2)
    limits = jnp.iinfo(value.dtype)
    return spaces.Box(int(limits.min), int(limits.max), (), value.dtype)

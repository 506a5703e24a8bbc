"""The legal actions, read back from a Phase 2 observation."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from futures_env.phases import PHASES

_SCALARS = PHASES[2].scalars


def mask_from_observation(obs: jax.Array) -> jax.Array:
    """Rebuild the six-way mask from raw Phase 2 observations alone.

    Args:
        obs: (..., N) float32 raw observations of Phase 2, any window and feature set.

    Returns:
        (..., 6) bool, equal to ``env.action_mask`` of the same states.

    Raises:
        ValueError: when the flags are not 0 or 1 (a normalised observation, or one of another
            layout) and the values can be seen, that is outside jit.
    """
    flags = {name: obs[..., index - len(_SCALARS)] for index, name in enumerate(_SCALARS)}
    used = ("trailing", "can_enter", "can_break_even", "in_position")
    if not isinstance(obs, Tracer):
        for name in used:
            if not np.isin(np.asarray(flags[name]), (0.0, 1.0)).all():
                raise ValueError(
                    f"the {name!r} column holds values other than 0 and 1: the mask needs raw "
                    "Phase 2 observations, before any normalisation"
                )
    trailing, enter, break_even, held = (flags[name] > 0.5 for name in used)
    hold = jnp.ones_like(held)
    return jnp.stack([hold, enter, enter, break_even, held & ~trailing, held & trailing], axis=-1)

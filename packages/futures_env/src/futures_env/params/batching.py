"""Batches of parameters: which fields vary between environments, and how to draw them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

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


def mixed_params(
    params: EnvParams, others: EnvParams, num_envs: int, share: float
) -> tuple[EnvParams, EnvParams]:
    """Two kinds of environments in one batch.

    Args:
        params: of most environments, without batch axes; its market is that of all.
        others: of the first ``round(share * num_envs)`` environments.
        num_envs: size of the batch.
        share: from 0 to 1.

    Returns:
        (parameters whose differing fields have a leading axis (num_envs,), their in_axes).

    Raises:
        ValueError: a share out of range.
    """
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"share {share} must lie between 0 and 1")
    others_first = jnp.arange(num_envs) < round(share * num_envs)
    rows: dict[str, Any] = {}
    for name in SCALAR_FIELDS:
        own, other = jnp.asarray(getattr(params, name)), jnp.asarray(getattr(others, name))
        if (own != other).any():
            chosen = others_first.reshape(-1, *(1,) * own.ndim)
            rows[name] = jnp.where(chosen, other.astype(own.dtype), own)
    axes = replace(jax.tree.map(lambda _: None, params), **dict.fromkeys(rows, 0))
    return replace(params, **rows), axes


def compliance_mix(
    params: EnvParams, rules: EnvParams, num_envs: int, share: float, sessions: int = 10
) -> tuple[EnvParams, EnvParams]:
    """A share of the environments plays long accounts under full rules, beside short episodes.

    Args:
        params: of the short episodes.
        rules: the same under the rules of an account.
        num_envs: size of the batch.
        share: of the environments with the long episodes.
        sessions: whole sessions that a long episode may last, over contiguous days, until the
            account fails or passes.

    Returns:
        as ``mixed_params``.

    Raises:
        ValueError: a share out of range, or fewer than 2 sessions.
    """
    if sessions < 2:
        raise ValueError(f"sessions {sessions}: a long episode lasts at least 2")
    session = np.asarray(params.market.session)
    longest = int(np.bincount(session).max())
    long = replace(
        rules,
        max_steps_in_episode=jnp.int32(sessions * longest),
        end_at_session_close=jnp.bool_(False),
        start_row=jnp.int32(-1),
    )
    return mixed_params(params, long, num_envs, share)

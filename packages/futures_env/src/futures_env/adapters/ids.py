"""Ids of the adapters, for ``gymnax.make``, ``gymnasium.make`` and ``gymnasium.make_vec``."""

from functools import partial
from typing import Any

import gymnasium
import gymnax

from futures_env.adapters.five_values import LegacyStepEnv
from futures_env.adapters.single import GymnasiumEnv
from futures_env.adapters.vector import FuturesVectorEnv
from futures_env.ids import environment_ids
from futures_env.types import EnvParams


def _make_single(
    env_id: str, *, params: EnvParams | None = None, render_mode: str | None = None, **options: Any
) -> GymnasiumEnv:
    env, default = gymnax.make(env_id, **options)
    return GymnasiumEnv(env, default if params is None else params, render_mode)


def _make_vector(
    env_id: str,
    num_envs: int,
    *,
    params: EnvParams | None = None,
    render_mode: str | None = None,
    **options: Any,
) -> FuturesVectorEnv:
    env, default = gymnax.make(env_id, **options)
    return FuturesVectorEnv(env, num_envs, default if params is None else params, render_mode)


def _make_five_values(
    env_id: str, *, final_observation: bool = False, **options: Any
) -> LegacyStepEnv:
    return LegacyStepEnv(gymnax.make(env_id, **options)[0], final_observation=final_observation)


def register_five_values() -> None:
    """Register every id once more as ``{id}-FiveValues``, for learners that unpack five values.

    ``info`` has no ``final_observation`` unless ``gymnax.make(..., final_observation=True)``.
    """
    for env_id in environment_ids():
        if f"{env_id}-FiveValues" not in gymnax.registered_envs:
            gymnax.register(f"{env_id}-FiveValues", partial(_make_five_values, env_id))


def register_with_gymnasium() -> None:
    """Register every id as ``{id}-v0`` once; ids already registered are left alone.

    ``gymnasium.make`` and ``gymnasium.make_vec`` take what ``gymnax.make`` takes for the id, and
    ``params`` and ``render_mode``.
    """
    for env_id in environment_ids():
        if f"{env_id}-v0" not in gymnasium.registry:
            gymnasium.register(
                f"{env_id}-v0",
                entry_point=partial(_make_single, env_id),
                vector_entry_point=partial(_make_vector, env_id),  # ty: ignore[invalid-argument-type]
            )

"""What an adapter says of a wrong call, in one line."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from futures_env.adapters.environment import Environment


def checked_action(env: Environment, action: Any) -> np.int32:
    """One action as a number.

    Raises:
        ValueError: for an array, a number that is not whole, or a code that there is none of.
    """
    value = np.asarray(action)
    if value.ndim:
        raise ValueError(
            f"step() takes one action, a whole number, not an array of shape {value.shape}"
        )
    return np.int32(_checked(env, value))


def checked_actions(env: Environment, num_envs: int, actions: Any) -> NDArray[np.int32]:
    """One action per environment, (num_envs,).

    Raises:
        ValueError: for another shape, numbers that are not whole, or codes that there are none of.
    """
    values = np.asarray(actions)
    if values.shape != (num_envs,):
        raise ValueError(
            f"step() takes one action per environment, an array of shape ({num_envs},), not "
            f"{values.shape or 'a single number'}"
        )
    return _checked(env, values).astype(np.int32)


def _checked(env: Environment, values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype.kind not in "iu":
        raise ValueError(f"actions are whole numbers, not {values.dtype}")
    if values.min() < 0 or values.max() >= env.num_actions:
        wrong = values.ravel()[np.argmax((values < 0) | (values >= env.num_actions))]
        names = ", ".join(f"{code} {name}" for code, name in enumerate(env.action_names))
        raise ValueError(f"no action {wrong}; there are {names}")
    return values

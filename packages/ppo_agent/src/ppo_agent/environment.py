"""What the learner asks of an environment, and the optional hooks it looks for."""

from collections.abc import Mapping
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from ppo_agent.types import PyTree


class Environment(Protocol):
    """A gymnax >= 1.0 environment with a discrete action space.

    Optional hooks, found by name: ``action_mask(state, params) -> (A,) bool``,
    ``step_metrics(info) -> {name: () float32}`` (summed over steps and environments),
    ``summarize_metrics(sums) -> {name: float}`` on the host, ``observation_layout`` and
    ``action_names`` as tuples of names, ``console_metrics`` as the summary's names to print,
    ``resting_action`` as the name of the action that does nothing, ``observation_ages`` as the
    number of steps that each observation column lies back (0: it tells of the present).
    """

    @property
    def num_actions(self) -> int:
        """Number of discrete actions A."""
        ...

    def action_space(self, params: PyTree, /) -> Any:
        """A gymnax ``Discrete`` space."""
        ...

    def reset(self, key: jax.Array, params: PyTree, /) -> tuple[jax.Array, PyTree]:
        """Start an episode."""
        ...

    def step(
        self, key: jax.Array, state: PyTree, action: jax.Array, params: PyTree, /
    ) -> tuple[jax.Array, PyTree, jax.Array, jax.Array, jax.Array, dict[str, Any]]:
        """Advance one step, with automatic reset; ``info`` holds ``final_observation``."""
        ...


def legal_actions(env: Environment, env_state: PyTree, env_params: PyTree) -> jax.Array:
    """(A,) bool of one environment, all True where it has no mask."""
    hook = getattr(env, "action_mask", None)
    if hook:
        return hook(env_state, env_params)
    return jnp.ones((env.num_actions,), bool)


def step_metrics(env: Environment, info: Mapping[str, Any]) -> dict[str, jax.Array]:
    """The environment's own scalars of one step, empty where it offers none."""
    hook = getattr(env, "step_metrics", None)
    return hook(info) if hook else {}


def summarize_metrics(env: Environment, sums: dict[str, float]) -> dict[str, float]:
    """Readable figures from the sums of ``step_metrics``; the sums themselves by default."""
    hook = getattr(env, "summarize_metrics", None)
    return hook(sums) if sums and hook else dict(sums)


def check_environment(env: Environment, env_params: PyTree) -> None:
    """Check that the environment is one that this learner can train.

    An environment with a method ``check_params`` is asked to refuse wrong parameters.

    Raises:
        TypeError: saying what is missing.
    """
    check_params = getattr(env, "check_params", None)
    if check_params:
        check_params(env_params)
    space = env.action_space(env_params)
    name = environment_name(env)
    if type(space).__name__ != "Discrete":
        raise TypeError(
            f"{name}: its action space is {type(space).__name__}, this agent needs Discrete; "
            "offer a number of fixed actions in a wrapper"
        )
    obs = jax.eval_shape(env.reset, jax.random.PRNGKey(0), env_params)[0]
    if not hasattr(obs, "shape"):
        raise TypeError(f"{name}: observations must be one array; flatten them in a wrapper")


def environment_name(env: Environment) -> str:
    """``env.name``, the class name where it has none."""
    return str(getattr(env, "name", type(env).__name__))


def observation_layout(env: Environment, env_params: PyTree) -> tuple[str, ...]:
    """One name per observation column, by index where the environment gives none.

    Raises:
        ValueError: when the names do not match the observation's size.
    """
    shape = jax.eval_shape(env.reset, jax.random.PRNGKey(0), env_params)[0].shape
    size = int(np.prod(shape, dtype=int))
    names = tuple(getattr(env, "observation_layout", ()) or (f"obs[{i}]" for i in range(size)))
    return _checked(names, size, "observation_layout", "observation columns")


def action_names(env: Environment) -> tuple[str, ...]:
    """One name per action, by index where the environment gives none."""
    size = int(env.num_actions)
    names = tuple(getattr(env, "action_names", ()) or (str(i) for i in range(size)))
    return _checked(names, size, "action_names", "actions")


def resting_action(env: Any) -> jax.Array:
    """(A,) float32, 1 for the action that does nothing, all 0 where the environment names none.

    Raises:
        ValueError: when there is no action of that name.
    """
    names, resting = action_names(env), getattr(env, "resting_action", None)
    if resting not in (None, *names):
        raise ValueError(f"env.resting_action is {resting!r}, the actions are {', '.join(names)}")
    return jnp.array([float(name == resting) for name in names])


def observation_ages(env: Any, size: int) -> jax.Array:
    """(D,) float32, steps that each observation column lies back, 0 where nothing is said.

    Raises:
        ValueError: when there is not one age, of at least 0, for each of ``size`` columns.
    """
    ages = np.asarray(getattr(env, "observation_ages", (0,) * size), np.float32)
    if ages.shape != (size,) or (ages < 0).any():
        raise ValueError(f"env.observation_ages needs {size} numbers of at least 0, got {ages}")
    return jnp.asarray(ages)


def _checked(names: tuple[str, ...], size: int, what: str, of: str) -> tuple[str, ...]:
    if len(names) != size or len(set(names)) != size:
        raise ValueError(f"env.{what} has {len(set(names))} different names for {size} {of}")
    return names

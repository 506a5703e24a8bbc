"""What the learner asks of an environment, and the optional hooks it looks for."""

from collections.abc import Mapping
from typing import Any, Literal, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from ppo_agent.types import PyTree

Figures = Mapping[str, float]

Reduction = Literal["sum", "max"]

REDUCE = {"sum": jnp.sum, "max": jnp.max}
"""How a metric becomes one number; the name is the first part of its name in a chunk's buffers."""

LOW_BITS = 2**15 - 1
"""What ``sum/`` keeps of a whole number, ``high/`` has the rest: 65,536 steps add up in int32."""


class Environment(Protocol):
    """A gymnax >= 1.0 environment with a discrete action space.

    Optional hooks, found by name, traced:
        action_mask(state, params) -> (A,) bool: legal actions.
        step_metrics(info) -> {name: ()}: figures of one step, finite. Integers are added up
            exactly while those of one step over all environments stay within int32.

    Optional hooks, on the host:
        name, rules_version: what a run records of it.
        observation_layout, action_names: tuples of names.
        metric_reductions: {name: "sum" or "max"}, how a metric is reduced over steps, environments,
            members and updates; what it does not name is summed.
        summarize_metrics(totals) -> {name: float}: readable figures from the reduced metrics.
        console_metrics: names of the figures to print.
        resting_action: name of the action that does nothing.
        observation_ages: steps that each observation column lies back, 0 for the present.
        activity_metric: name of the figure that is 0 while the agent does nothing that matters.
        quality_components(figures, halves, steps, params, charged) -> {name: (value, weight)}: how
            well the agent does, each value in [0, 1]; see ``quality_components`` below.
        params_schedules: {name: schedule} that a command line may name.
        check_params(params): refuses wrong parameters.
        describe_params(params) -> dict: facts worth recording about them, as JSON holds them.

    An error while it is made may have an ``exit_code`` of 1: not an argument is wrong, but the data
    that an argument names.
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


def reduction_of(env: Environment, metric: str) -> Reduction:
    """How a metric is reduced: added up unless the environment says otherwise."""
    return getattr(env, "metric_reductions", {}).get(metric, "sum")


def summarize_metrics(env: Environment, totals: dict[str, float]) -> dict[str, float]:
    """Readable figures from reduced ``step_metrics``; these themselves by default."""
    hook = getattr(env, "summarize_metrics", None)
    return hook(totals) if totals and hook else dict(totals)


def quality_components(
    env: Environment,
    figures: Figures,
    halves: tuple[Figures, Figures] | None,
    steps: int,
    env_params: PyTree,
    charged: Figures,
) -> dict[str, tuple[float, float]]:
    """The environment's own components of the quality score, empty where it offers none.

    Args:
        env: the environment.
        figures: summary of a window of updates; a figure that does not exist is left out.
        halves: summaries of its earlier and later half, None for a single update.
        steps: environment steps of the window.
        env_params: parameters as ``train`` was given them.
        charged: means of those that a schedule set, in the window's last update.

    Returns:
        name -> (value in [0, 1], weight above 0).

    Raises:
        ValueError: naming a component out of range.
    """
    hook = getattr(env, "quality_components", None)
    found = hook(figures, halves, steps, env_params, charged) if hook else {}
    for name, (value, weight) in found.items():
        if not (0.0 <= value <= 1.0 and weight > 0.0):
            raise ValueError(
                f"env.quality_components: {name} is {value} with weight {weight}; values lie in "
                "[0, 1] and weights above 0"
            )
    return found


def activity_metric(env: Environment) -> str | None:
    """Name of the figure that shows whether the agent does anything, None where there is none."""
    return getattr(env, "activity_metric", None)


def describe_params(env: Environment, env_params: PyTree) -> dict[str, Any]:
    """The environment's own facts about its parameters, empty where it offers none."""
    hook = getattr(env, "describe_params", None)
    return hook(env_params) if hook else {}


def check_environment(env: Environment, env_params: PyTree) -> None:
    """Check that the environment is one that this learner can train.

    An environment with a method ``check_params`` is asked to refuse wrong parameters.

    Raises:
        TypeError: saying what is missing.
        ValueError: for an unknown reduction of a metric.
    """
    _check_reductions(env)
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


def _check_reductions(env: Environment) -> None:
    for name, reduction in getattr(env, "metric_reductions", {}).items():
        if reduction not in REDUCE:
            known = " or ".join(repr(one) for one in REDUCE)
            raise ValueError(f"env.metric_reductions[{name!r}] is {reduction!r}: use {known}")


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


def resting_action(env: Environment) -> jax.Array:
    """(A,) float32, 1 for the action that does nothing, all 0 where the environment names none.

    Raises:
        ValueError: when there is no action of that name.
    """
    names, resting = action_names(env), getattr(env, "resting_action", None)
    if resting not in (None, *names):
        raise ValueError(f"env.resting_action is {resting!r}, the actions are {', '.join(names)}")
    return jnp.array([float(name == resting) for name in names])


def observation_ages(env: Environment, size: int) -> jax.Array:
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

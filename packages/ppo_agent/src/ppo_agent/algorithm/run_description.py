"""The static description of a run that compiled functions are specialised on."""

from dataclasses import dataclass
from functools import cached_property

import jax
from jax.sharding import Mesh

from ppo_agent.algorithm.networks import ActorCritic, make_network
from ppo_agent.algorithm.schedules import FloorSchedule, ParamsSchedule
from ppo_agent.config import PPOConfig
from ppo_agent.environment import Environment, resting_action
from ppo_agent.types import Hyper, PyTree


@dataclass(frozen=True, kw_only=True)
class RunDescription:
    """Everything static; equal descriptions share one trace and one compiled chunk.

    Attributes:
        env: the environment, hashable.
        config: ``PPOConfig.static_part()``; traced floats travel in ``Hyper``.
        params_schedule: see ``schedules.scheduled_params``.
        floor_schedule: see ``schedules.action_floor``.
        param_axes: one vmap axis (0 or None) per leaf of the environment parameters.
        num_members: runs trained side by side (seeds x sweep points); 0: one, without an axis.
        mesh: devices the environments are spread over, None for one device.
    """

    env: Environment
    config: PPOConfig
    params_schedule: ParamsSchedule | None = None
    floor_schedule: FloorSchedule | None = None
    param_axes: tuple[int | None, ...] = ()
    num_members: int = 0
    mesh: Mesh | None = None

    @cached_property
    def network(self) -> ActorCritic:
        """The network of this run."""
        return make_network(self.config, int(self.env.num_actions))

    @property
    def optimizer_steps_per_update(self) -> int:
        """Minibatches times epochs."""
        return self.config.num_epochs * self.config.num_minibatches

    def prior_logits(self, hyper: Hyper) -> jax.Array:
        """(A,) float32, logits of the prior: what training starts from and is held to."""
        return hyper.resting_logit * resting_action(self.env)

    def axes_of(self, env_params: PyTree) -> PyTree:
        """``in_axes`` for ``jax.vmap`` over the environments."""
        if not any(axis is not None for axis in self.param_axes):
            return None
        return jax.tree.unflatten(jax.tree.structure(env_params), self.param_axes)


def flatten_axes(env_params: PyTree, in_axes: PyTree) -> tuple[int | None, ...]:
    """One axis per leaf from a pytree prefix of axes, as ``jax.vmap`` takes it.

    Raises:
        ValueError: for an axis other than 0 or None.
    """
    leaves, treedef = jax.tree.flatten(env_params)
    if in_axes is None:
        return (None,) * len(leaves)
    flat = jax.tree.broadcast(in_axes, env_params, is_leaf=lambda x: x is None)
    axes = tuple(treedef.flatten_up_to(flat))
    if any(axis not in (0, None) for axis in axes):
        raise ValueError(f"env_params_in_axes must be 0 or None in every leaf, got {in_axes}")
    return axes


def first_params(env_params: PyTree, param_axes: tuple[int | None, ...]) -> PyTree:
    """Parameters of environment 0, without the batch axis."""
    leaves, treedef = jax.tree.flatten(env_params)
    if not param_axes:
        return env_params
    return treedef.unflatten(
        leaf if axis is None else leaf[0] for leaf, axis in zip(leaves, param_axes, strict=True)
    )

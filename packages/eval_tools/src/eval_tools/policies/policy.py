"""What a policy is to the evaluation: a callable pytree, so that new weights never recompile."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import jax
import jax.numpy as jnp
from jax.tree_util import Partial

from futures_env.types import EnvParams, EnvState


class Context(NamedTuple):
    """What rule-based policies may read besides the observation.

    A policy must look at rows of ``params.market`` up to ``state.row`` only.
    """

    state: EnvState
    params: EnvParams


class Policy(Protocol):
    """Chooses one action for one environment.

    The object must be a pytree whose leaves are its numbers (``flax.struct.dataclass``,
    ``jax.tree_util.Partial``): the evaluation jits over it.
    """

    def __call__(
        self, obs: jax.Array, mask: jax.Array, key: jax.Array, context: Context, /
    ) -> jax.Array:
        """Return a legal action.

        Args:
            obs: (obs_size,) float32, raw.
            mask: (num_actions,) bool, legal actions.
            key: for policies that draw.
            context: account state and market.

        Returns:
            () int32.
        """
        ...


def as_policy(function: Callable[..., jax.Array]) -> Policy:
    """Make a plain function ``(obs, mask, key, context) -> action`` a policy."""
    return Partial(function)


def probabilities(policy: Policy, obs: jax.Array, mask: jax.Array) -> jax.Array:
    """(num_actions,) float32: how likely ``policy`` finds each action, NaN where it does not say.

    A policy says so with a method ``probabilities(obs, mask)``.
    """
    known = getattr(policy, "probabilities", None)
    return jnp.full(mask.shape, jnp.nan, jnp.float32) if known is None else known(obs, mask)


def choose(
    policy: Policy, obs: jax.Array, mask: jax.Array, key: jax.Array, context: Context
) -> tuple[jax.Array, jax.Array]:
    """The action, () int32, and how likely the policy found it, () float32 or NaN.

    A policy that can tell both at once has a method ``choose`` of the same arguments, so that its
    network is asked once.
    """
    both = getattr(policy, "choose", None)
    if both is not None:
        return both(obs, mask, key, context)
    action = policy(obs, mask, key, context).astype(jnp.int32)
    return action, probabilities(policy, obs, mask)[action]

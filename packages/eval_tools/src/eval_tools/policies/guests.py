"""A policy of an earlier phase in the environment of a later one, doing what it does at home.

Phases are data: a later one only adds observation columns behind those of an earlier one and
actions behind its actions. So contenders of both phases play in one compiled program.
"""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
from flax import struct

from eval_tools.policies.policy import Context, Policy, choose, probabilities
from futures_env.env import FuturesEnv


def can_host(host: Any, home: Any) -> bool:
    """Whether every policy of ``home`` does in ``host``, as a guest, what it does in ``home``."""
    if host == home:
        return True
    if not (isinstance(host, FuturesEnv) and isinstance(home, FuturesEnv)):
        return False
    alike = replace(host.config, name=home.config.name, phase=home.config.phase)
    columns = home.observation_layout
    return (
        alike == home.config
        and host.observation_layout[: len(columns)] == columns
        and host.action_names[: home.num_actions] == home.action_names
    )


@struct.dataclass
class Guest:
    """``policy`` sees the first ``num_columns`` of the observation and the first actions.

    Attributes:
        policy: of the earlier phase.
        num_columns, num_actions: of its own environment.
    """

    policy: Policy
    num_columns: int = struct.field(pytree_node=False)
    num_actions: int = struct.field(pytree_node=False)

    @classmethod
    def of(cls, policy: Policy, home: FuturesEnv) -> "Guest":
        """``policy`` of ``home``, away from it; see ``can_host``."""
        return cls(policy, len(home.observation_layout), home.num_actions)

    def __call__(
        self, obs: jax.Array, mask: jax.Array, key: jax.Array, context: Context
    ) -> jax.Array:
        """See ``eval_tools.policies.policy.Policy``."""
        return self.policy(*self._at_home(obs, mask), key, context)

    def choose(
        self, obs: jax.Array, mask: jax.Array, key: jax.Array, context: Context
    ) -> tuple[jax.Array, jax.Array]:
        """See ``eval_tools.policies.policy.choose``."""
        return choose(self.policy, *self._at_home(obs, mask), key, context)

    def probabilities(self, obs: jax.Array, mask: jax.Array) -> jax.Array:
        """See ``eval_tools.policies.policy.probabilities``; 0 for the actions it has not got."""
        known = probabilities(self.policy, *self._at_home(obs, mask))
        return jnp.pad(known, (0, mask.shape[0] - self.num_actions))

    def _at_home(self, obs: jax.Array, mask: jax.Array) -> tuple[jax.Array, jax.Array]:
        return obs[: self.num_columns], mask[: self.num_actions]

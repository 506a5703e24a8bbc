"""Policies that take turns: at every bar the one whose turn it is."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from flax import struct
from numpy.typing import ArrayLike

from eval_tools.policies.policy import Context, Policy, choose


@struct.dataclass
class InTurns:
    """Policies of one structure, of which one acts at each row of the market.

    Attributes:
        policies: leaves with a leading axis over the policies.
        turns: (num_bars,) int32, which of them acts after the close of each row.
    """

    policies: Policy
    turns: jax.Array

    @classmethod
    def of(cls, policies: Sequence[Policy], turns: ArrayLike) -> "InTurns":
        """``policies`` joined.

        Raises:
            ValueError: they are not of one structure.
        """
        joined = jax.tree.map(lambda *leaves: jnp.stack(leaves), *policies)
        return cls(policies=joined, turns=jnp.asarray(turns, jnp.int32))

    def __call__(
        self, obs: jax.Array, mask: jax.Array, key: jax.Array, context: Context
    ) -> jax.Array:
        """See ``eval_tools.policies.policy.Policy``."""
        return self._acting(context)(obs, mask, key, context)

    def choose(
        self, obs: jax.Array, mask: jax.Array, key: jax.Array, context: Context
    ) -> tuple[jax.Array, jax.Array]:
        """See ``eval_tools.policies.policy.choose``."""
        return choose(self._acting(context), obs, mask, key, context)

    def _acting(self, context: Context) -> Policy:
        turn = self.turns[context.state.row]
        return jax.tree.map(lambda leaf: leaf[turn], self.policies)

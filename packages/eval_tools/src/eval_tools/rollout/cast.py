"""Who plays which lanes: policies of one structure act together, and equal arrays are kept once."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, Generic, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct
from numpy.typing import ArrayLike

from eval_tools.policies.policy import Context, Policy, choose
from futures_env.types import SCALAR_FIELDS, EnvParams, EnvState

Tree = TypeVar("Tree")


@struct.dataclass
class Shared(Generic[Tree]):
    """Trees of one structure, with the leaves that are one and the same array kept once.

    Attributes:
        common: leaves that all have in common, None elsewhere.
        own: leaves with a leading axis over the trees, None elsewhere.
    """

    common: Any
    own: Any

    @classmethod
    def of(cls, trees: Sequence[Tree], repeats: int = 1) -> "Shared[Tree]":
        """``trees`` joined; each stands ``repeats`` times in a row."""
        leaves = [jax.tree.leaves(tree) for tree in trees]
        structure = jax.tree.structure(trees[0])
        same = [all(leaf is column[0] for leaf in column) for column in zip(*leaves, strict=True)]
        columns = list(zip(*leaves, strict=True))
        common = [column[0] if one else None for column, one in zip(columns, same, strict=True)]
        own = [
            None if one else jnp.repeat(jnp.stack(column), repeats, axis=0)
            for column, one in zip(columns, same, strict=True)
        ]
        return cls(jax.tree.unflatten(structure, common), jax.tree.unflatten(structure, own))

    def take(self, picks: ArrayLike) -> "Shared[Tree]":
        """One tree for each index in ``picks``."""
        return replace(self, own=jax.tree.map(lambda leaf: leaf[np.asarray(picks)], self.own))

    def with_own(self, own: Any) -> Tree:
        """A whole tree from the common leaves and one tree's own ones."""
        return jax.tree.map(
            lambda mine, common: common if mine is None else mine,
            own,
            self.common,
            is_leaf=lambda leaf: leaf is None,
        )


def varied(params: Sequence[EnvParams], names: Sequence[str]) -> Shared[EnvParams]:
    """Parameters that may differ in the named fields, whether they do or not."""
    nothing = jax.tree.map(lambda _: None, params[0])
    own = {name: jnp.stack([getattr(one, name) for one in params]) for name in names}
    return Shared(replace(params[0], **dict.fromkeys(names)), replace(nothing, **own))


def with_equals_shared(params: Sequence[EnvParams]) -> list[EnvParams]:
    """``params`` with one array for all in every field that is equal in all; see ``Shared``."""
    values = {name: [np.asarray(getattr(one, name)) for one in params] for name in SCALAR_FIELDS}
    equal = {
        name: getattr(params[0], name)
        for name, (first, *others) in values.items()
        if all(first.dtype == one.dtype and np.array_equal(first, one) for one in others)
    }
    return [replace(one, **equal) for one in params]


@struct.dataclass
class Group:
    """Policies of one structure.

    Attributes:
        policies: P of them.
        size: P.
        lanes: of each policy.
    """

    policies: Shared[Policy]
    size: int = struct.field(pytree_node=False)
    lanes: int = struct.field(pytree_node=False)

    def act(self, seen: Any, params: Shared[EnvParams]) -> tuple[jax.Array, jax.Array]:
        """What ``Cast.act`` returns, of the P x lanes lanes in ``seen``."""

        def acts(own: Any, seen: Any) -> tuple[jax.Array, jax.Array]:
            policy = self.policies.with_own(own)

            def chooses(seen: Any) -> tuple[jax.Array, jax.Array]:
                obs, mask, key, state, mine = seen
                return choose(policy, obs, mask, key, Context(state, params.with_own(mine)))

            return jax.vmap(chooses)(seen)

        by_policy = jax.tree.map(
            lambda leaf: leaf.reshape(self.size, self.lanes, *leaf.shape[1:]), seen
        )
        chosen = jax.vmap(acts, axis_size=self.size)(self.policies.own, by_policy)
        return jax.tree.map(lambda leaf: leaf.reshape(-1), chosen)


@struct.dataclass
class Cast:
    """Everybody who plays: the first group the first lanes, and so on."""

    groups: tuple[Group, ...]

    @classmethod
    def of(cls, policies: Sequence[Policy], lanes: int) -> "Cast":
        """``policies`` with so many lanes each, in their order; see ``by_structure``."""
        groups = []
        for _, members in groupby(policies, key=_structure):
            own = list(members)
            groups.append(Group(policies=Shared.of(own), size=len(own), lanes=lanes))
        return cls(tuple(groups))

    def act(
        self,
        obs: jax.Array,
        mask: jax.Array,
        key: jax.Array,
        state: EnvState,
        params: Shared[EnvParams],
    ) -> tuple[jax.Array, jax.Array]:
        """Actions of all lanes, (B,) int32, and how probable each was, (B,) float32 or NaN.

        Every argument is batched over the lanes.
        """
        seen, begin, chosen = (obs, mask, key, state, params.own), 0, []
        for group in self.groups:
            end = begin + group.size * group.lanes
            part = jax.tree.map(lambda leaf, a=begin, b=end: leaf[a:b], seen)
            chosen.append(group.act(part, params))
            begin = end
        return jax.tree.map(lambda *parts: jnp.concatenate(parts), *chosen)


def by_structure(policies: Sequence[Policy]) -> list[int]:
    """Indices of ``policies``, those of one structure side by side, otherwise in order."""
    structures = [_structure(policy) for policy in policies]
    return sorted(range(len(policies)), key=lambda index: structures.index(structures[index]))


def _structure(policy: Policy) -> tuple[Any, ...]:
    leaves, structure = jax.tree.flatten(policy)
    return structure, tuple((jnp.shape(leaf), jnp.result_type(leaf)) for leaf in leaves)

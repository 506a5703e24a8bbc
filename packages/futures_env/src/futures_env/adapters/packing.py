"""A tree of small arrays as one array of words: one transfer to the host instead of one a leaf."""

from functools import cache
from math import prod
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct
from numpy.typing import NDArray

from futures_env.types import EnvParams

Kind = tuple[str, tuple[int, ...]]
"""Type and shape of a leaf, without the axis of a batch."""

_SMALL = 64
"""Leaves of parameters with at most so many elements are packed."""


@struct.dataclass
class Packed:
    """The leaves of a tree as rows of 32-bit words; made by ``pack`` inside a trace."""

    words: jax.Array  # (W,) or (W, B) int32
    tree: Any = struct.field(pytree_node=False)
    kinds: tuple[Kind, ...] = struct.field(pytree_node=False)

    def unpack(self) -> Any:
        """The tree inside a trace, leaves in their own types, behind the axis of a batch."""
        batch = self.words.shape[1:]
        leaves = [
            _typed_in_trace(jnp.moveaxis(self.words[rows], 0, -1).reshape(*batch, *shape), dtype)
            for dtype, shape, rows in _places(self.kinds)
        ]
        return jax.tree.unflatten(self.tree, leaves)

    def arrays(self) -> Any:
        """The tree of a batch of numbers with (B,) NumPy leaves, which belong to the caller."""
        words = np.array(self.words)
        places = _places(self.kinds)
        leaves = [_typed(words[rows.start], dtype) for dtype, _, rows in places]
        return jax.tree.unflatten(self.tree, leaves)

    def values(self) -> Any:
        """The tree with Python numbers, and NumPy arrays, which belong to the caller."""
        words = np.array(self.words)
        whole, real = words.tolist(), words.view(np.float32).tolist()
        leaves = [
            _typed(words[rows].reshape(shape), dtype)
            if shape
            else _number(whole[rows.start], real[rows.start], dtype)
            for dtype, shape, rows in _places(self.kinds)
        ]
        return jax.tree.unflatten(self.tree, leaves)


@struct.dataclass
class PackedParams:
    """Parameters as few arrays: each argument of a compiled call costs half a microsecond."""

    small: Packed
    large: Any

    def unpack(self) -> EnvParams:
        """The parameters, inside a trace."""
        return jax.tree.map(
            lambda small, large: large if small is None else small,
            self.small.unpack(),
            self.large,
            is_leaf=lambda leaf: leaf is None,
        )


def pack(tree: Any, batch_axes: int = 0) -> Packed:
    """Pack leaves of type bool, float32 or an integer of at most 32 bits.

    Args:
        tree: of arrays.
        batch_axes: 1: the leaves have an axis of a batch in front.

    Raises:
        TypeError: for a leaf of another type.
    """
    leaves, structure = jax.tree.flatten(tree)
    kinds = tuple((str(leaf.dtype), leaf.shape[batch_axes:]) for leaf in leaves)
    words = [_word(leaf).reshape(*leaf.shape[:batch_axes], -1) for leaf in leaves]
    return Packed(jnp.concatenate([jnp.moveaxis(row, -1, 0) for row in words]), structure, kinds)


def pack_params(params: EnvParams) -> PackedParams:
    """Pack all but the bars."""
    small = jax.tree.map(lambda leaf: leaf if leaf.size <= _SMALL else None, params)
    large = jax.tree.map(lambda leaf: None if leaf.size <= _SMALL else leaf, params)
    return PackedParams(_pack(small), large)


_pack = jax.jit(pack)


@cache
def _places(kinds: tuple[Kind, ...]) -> list[tuple[str, tuple[int, ...], slice]]:
    """Type, shape and rows of each leaf."""
    ends = np.cumsum([prod(shape) for _, shape in kinds]).tolist()
    rows = map(slice, [0, *ends], ends)
    return [(*kind, place) for kind, place in zip(kinds, rows, strict=True)]


def _word(leaf: jax.Array) -> jax.Array:
    if leaf.dtype == jnp.float32:
        return jax.lax.bitcast_convert_type(leaf, jnp.int32)
    if leaf.dtype.itemsize > 4 or jnp.issubdtype(leaf.dtype, jnp.floating):
        raise TypeError(f"a {leaf.dtype} does not fit a word of 32 bits")
    return leaf.astype(jnp.int32)


def _typed_in_trace(words: jax.Array, dtype: str) -> jax.Array:
    if dtype == "float32":
        return jax.lax.bitcast_convert_type(words, jnp.float32)
    return words.astype(dtype)


def _typed(words: NDArray[np.int32], dtype: str) -> NDArray[Any]:
    return words.view(np.float32) if dtype == "float32" else words.astype(dtype, copy=False)


def _number(whole: int, real: float, dtype: str) -> float | bool | int:
    return real if dtype == "float32" else bool(whole) if dtype == "bool" else whole

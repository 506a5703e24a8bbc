"""A tree of scalars as one array of words: one transfer to the host instead of one a leaf."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct
from numpy.typing import NDArray


@struct.dataclass
class Packed:
    """The leaves of a tree, each a row of 32-bit words; made by ``pack`` inside a trace."""

    words: jax.Array  # (L,) or (L, B) int32
    tree: Any = struct.field(pytree_node=False)
    dtypes: tuple[str, ...] = struct.field(pytree_node=False)

    def unpack(self) -> Any:
        """The tree inside a trace, leaves in their own types."""
        rows = zip(self.words, self.dtypes, strict=True)
        leaves = [_typed_in_trace(row, dtype) for row, dtype in rows]
        return jax.tree.unflatten(self.tree, leaves)

    def arrays(self) -> Any:
        """The tree with (B,) NumPy leaves in their own types."""
        words = np.array(self.words)
        rows = [_typed(row, dtype) for row, dtype in zip(words, self.dtypes, strict=True)]
        return jax.tree.unflatten(self.tree, rows)

    def scalars(self) -> Any:
        """The tree with Python numbers as leaves."""
        words = np.asarray(self.words)
        whole, real = words.tolist(), words.view(np.float32).tolist()
        leaves = [
            real[place] if dtype == "float32" else bool(word) if dtype == "bool" else word
            for place, (word, dtype) in enumerate(zip(whole, self.dtypes, strict=True))
        ]
        return jax.tree.unflatten(self.tree, leaves)


def pack(tree: Any) -> Packed:
    """Pack leaves of one shape, () or (B,), of type bool, float32 or an integer of at most 32 bits.

    Raises:
        TypeError: for a leaf of another type.
    """
    leaves, structure = jax.tree.flatten(tree)
    dtypes = tuple(str(leaf.dtype) for leaf in leaves)
    return Packed(jnp.stack([_word(leaf) for leaf in leaves]), structure, dtypes)


def _word(leaf: jax.Array) -> jax.Array:
    if leaf.dtype == jnp.float32:
        return jax.lax.bitcast_convert_type(leaf, jnp.int32)
    if leaf.dtype.itemsize > 4 or jnp.issubdtype(leaf.dtype, jnp.floating):
        raise TypeError(f"a {leaf.dtype} does not fit a word of 32 bits")
    return leaf.astype(jnp.int32)


def _typed_in_trace(row: jax.Array, dtype: str) -> jax.Array:
    if dtype == "float32":
        return jax.lax.bitcast_convert_type(row, jnp.float32)
    return row.astype(dtype)


def _typed(row: NDArray[np.int32], dtype: str) -> NDArray[Any]:
    return row.view(np.float32) if dtype == "float32" else row.astype(dtype, copy=False)

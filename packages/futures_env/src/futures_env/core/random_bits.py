"""Random words of a reset, mixed from the key itself."""

import jax
import jax.numpy as jnp

_WEYL = 0x9E3779B9
"""2^32 over the golden ratio: odd, so that its multiples are all different."""


def _mix(word: jax.Array) -> jax.Array:
    """Finalizer of MurmurHash3 (Appleby): a bijection that spreads each bit over the word."""
    word = (word ^ (word >> 16)) * jnp.uint32(0x85EBCA6B)
    word = (word ^ (word >> 13)) * jnp.uint32(0xC2B2AE35)
    return word ^ (word >> 16)


def bits_from_key(key: jax.Array, count: int) -> jax.Array:
    """Random words for one use of ``key``.

    With autoreset every step of every environment computes a reset and nearly always throws it
    away. A key holds random words already; a mix of them is enough to choose an episode and
    saves the blocks of Threefry that five more words would take (docs/benchmarks.md).

    Args:
        key: a typed key of any implementation, or raw uint32 words.
        count: words wanted, a Python int.

    Returns:
        (count,) uint32; ``test_random_bits.py`` holds what is asked of them.

    Raises:
        TypeError: not one key.
    """
    typed = jnp.issubdtype(key.dtype, jax.dtypes.prng_key)
    words = jax.random.key_data(key) if typed else key
    if words.ndim != 1 or words.dtype != jnp.uint32:
        raise TypeError(
            f"one key is needed, typed or raw uint32 words, not {key.dtype}{list(key.shape)}; "
            "use jax.vmap for a batch of keys"
        )
    mixed = jnp.arange(1, count + 1, dtype=jnp.uint32) * jnp.uint32(_WEYL)
    for index in range(words.shape[-1]):
        mixed = _mix(mixed ^ words[index])
    return mixed

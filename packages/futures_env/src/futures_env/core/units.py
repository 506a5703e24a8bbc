"""From floats to the account's integers, with no room for the compiler to differ."""

import jax
import jax.numpy as jnp

INT32_MAX = 2**31 - 1
MAX_DISTANCE_TICKS = 2**20
"""No order lies farther away: beyond every price, and its value in cents still fits into int32."""


def round_half_up(x: jax.Array) -> jax.Array:
    """Nearest integer, halves up: floor(x + 0.5) of a non-negative float32, as int32.

    Written as floor(2x) followed by integer arithmetic because compilers contract ``a * b + 0.5``
    into one fused operation, which rounds once instead of twice; doubling is exact either way.
    """
    doubled = jnp.floor(2.0 * x).astype(jnp.int32)
    return (doubled + 1) >> 1


def round_ticks(x: jax.Array) -> jax.Array:
    """``round_half_up`` of a distance in ticks, at most ``MAX_DISTANCE_TICKS``."""
    return round_half_up(jnp.minimum(x, jnp.float32(MAX_DISTANCE_TICKS)))


def usd_to_cents(usd: jax.Array | float) -> jax.Array:
    """Whole cents of a float32 amount in US dollars: floor(usd x 100 + 0.5), as int32."""
    return round_half_up(jnp.asarray(usd, jnp.float32) * 100.0)


def ceil_div(numerator: jax.Array, denominator: jax.Array) -> jax.Array:
    """Integer division rounded up, for a positive denominator.

    One truncating division, corrected: the floor division of jax.numpy makes two.
    """
    truncated = jax.lax.div(numerator, denominator)
    return truncated + (truncated * denominator < numerator)

"""Words mixed from keys: uniform, independent of one another, for good keys and for poor ones."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from futures_env.core.random_bits import bits_from_key

NUM_KEYS, WORDS = 40_000, 5
KEYS = {
    "split": lambda: jax.random.split(jax.random.key(3), NUM_KEYS),
    "raw, seeds in a row": lambda: jnp.stack(
        [jnp.zeros(NUM_KEYS, jnp.uint32), jnp.arange(NUM_KEYS, dtype=jnp.uint32)], axis=1
    ),
    "folded in": lambda: jax.vmap(jax.random.fold_in, (None, 0))(
        jax.random.PRNGKey(0), jnp.arange(NUM_KEYS)
    ),
    "four words": lambda: jax.random.split(jax.random.key(3, impl="rbg"), NUM_KEYS),
}


@pytest.fixture(scope="module", params=KEYS, ids=str)
def words(request) -> np.ndarray:
    return np.asarray(jax.vmap(lambda key: bits_from_key(key, WORDS))(KEYS[request.param]()))


def uniform(counts: np.ndarray) -> bool:
    """Chi-square test at 1e-6: twenty tests a run, deterministic keys."""
    return bool(stats.chisquare(counts.reshape(-1)).pvalue > 1e-6)


def test_bytes_are_uniform(words) -> None:
    for shift in (0, 8, 16, 24):
        for column in range(WORDS):
            assert uniform(np.bincount(words[:, column] >> shift & 255, minlength=256))


def test_modulo_a_number_of_starts_is_uniform(words) -> None:
    """What ``draw_start`` does with them."""
    for count in (3, 390, 1_000):
        assert uniform(np.bincount(words[:, 1] % count, minlength=count))


def test_words_of_a_key_do_not_tell_of_one_another(words) -> None:
    high = words >> 27
    for one in range(WORDS):
        for other in range(one):
            assert uniform(np.bincount(high[:, one] * 32 + high[:, other], minlength=1024))


def test_neighbours_do_not_tell_of_one_another(words) -> None:
    high = words[:, 0] >> 27
    assert uniform(np.bincount(high[1:] * 32 + high[:-1], minlength=1024))


def test_typed_and_raw_keys_agree_and_every_word_of_the_key_counts() -> None:
    raw = jax.random.PRNGKey(5)
    plain = np.asarray(bits_from_key(raw, WORDS))
    np.testing.assert_array_equal(bits_from_key(jax.random.wrap_key_data(raw), WORDS), plain)
    for word in (0, 1):
        assert (np.asarray(bits_from_key(raw.at[word].add(1), WORDS)) != plain).all()


def test_what_is_not_one_key_is_refused() -> None:
    for wrong in (jax.random.split(jax.random.key(0), 3), jnp.zeros(2, jnp.int32), jnp.uint32(0)):
        with pytest.raises(TypeError, match=r"one key is needed.*use jax.vmap"):
            bits_from_key(wrong, WORDS)

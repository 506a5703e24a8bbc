"""Divisors in words, axes of batched parameters, and the parameters of the first environment."""

import re
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppo_agent.algorithm.run_description import first_params, flatten_axes
from ppo_agent.config_checks import nearest_divisors
from tests.conftest import many_examples

ENVS = 4


@many_examples
@given(whole=st.integers(1, 5_000), value=st.integers(1, 6_000), largest=st.integers(1, 6_000))
def test_the_nearest_divisors_have_no_divisor_between_them(
    whole: int, value: int, largest: int
) -> None:
    divisors = [d for d in range(1, whole + 1) if whole % d == 0 and d <= largest]
    found = [int(d) for d in re.findall(r"\d+", nearest_divisors(whole, value, largest))]
    below, above = [d for d in divisors if d <= value], [d for d in divisors if d > value]
    assert found == below[-1:] + above[:1]
    assert found, "1 divides everything"


@st.composite
def batched(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, int | None]]:
    """Parameters with some leaves per environment, and their axes."""
    names = draw(st.lists(st.sampled_from("abcdef"), min_size=1, unique=True))
    axes = {name: draw(st.sampled_from([0, None])) for name in names}
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return {n: rng.normal(size=() if axes[n] is None else (ENVS,)) for n in names}, axes


@many_examples
@given(case=batched())
def test_flat_axes_are_those_of_vmap(case: tuple[dict[str, Any], dict[str, int | None]]) -> None:
    params, axes = case
    flat = flatten_axes(params, axes)
    assert jax.tree.unflatten(jax.tree.structure(params), flat) == axes
    first = first_params(params, flat)
    assert first == {n: leaf if axes[n] is None else leaf[0] for n, leaf in params.items()}
    assert flatten_axes(params, None) == (None,) * len(params)
    assert flatten_axes(params, 0) == (0,) * len(params)


@given(case=batched(), wrong=st.integers().filter(bool))
def test_other_axes_are_refused(
    case: tuple[dict[str, Any], dict[str, int | None]], wrong: int
) -> None:
    params, axes = case
    with pytest.raises(ValueError, match="must be 0 or None"):
        flatten_axes(params, axes | {next(iter(axes)): wrong})

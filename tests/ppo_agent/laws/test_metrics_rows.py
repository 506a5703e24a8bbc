"""Rows of a chunk: cutting a chunk changes nothing, sums add up, what is not finite is found."""

import json
import math
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppo_agent.algorithm.rollout import over_steps
from ppo_agent.training.metrics_rows import (
    TrainingError,
    add_sums,
    check_rows,
    env_figures,
    make_rows,
    over_rows,
)
from ppo_agent.training.run_metrics import run_metrics
from tests.conftest import many_examples
from tests.ppo_agent.corridor import Corridor

ENV = Corridor()
SCALARS = ("loss", "observation_size", "observation_deviation", "reward", "return_deviation")
SUMS = ("episodes", "episode_return", "episode_length", "env/arrivals", "env/illegal", "env/steps")
STEPS = 64


@st.composite
def chunks(draw: st.DrawFn) -> dict[str, np.ndarray]:
    """Buffers of up to five updates, of one run or of three side by side."""
    shape = (draw(st.integers(1, 5)), *draw(st.sampled_from([(), (3,)])))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scalars = {name: rng.normal(size=shape).astype(np.float32) for name in SCALARS}
    sums = {f"sum/{name}": rng.integers(0, 5, shape).astype(np.float32) for name in SUMS}
    sums["sum/env/steps"] += 1
    largest = {"max/env/farthest": rng.integers(-3, 4, shape).astype(np.float32)}
    return scalars | sums | largest | {"stuck_states": np.zeros(shape, np.float32)}


def rows_of(buffers: dict[str, np.ndarray], done: int = 0) -> list[dict[str, Any]]:
    return make_rows(ENV, buffers, done, len(buffers["loss"]), STEPS)


@many_examples
@given(buffers=chunks(), data=st.data(), done=st.integers(0, 1000))
def test_cutting_a_chunk_changes_no_row(
    buffers: dict[str, np.ndarray], data: st.DataObject, done: int
) -> None:
    cut = data.draw(st.integers(0, len(buffers["loss"])))
    front = {name: buffer[:cut] for name, buffer in buffers.items()}
    back = {name: buffer[cut:] for name, buffer in buffers.items()}
    whole = rows_of(buffers, done)
    assert rows_of(front, done) + rows_of(back, done + cut) == whole
    assert [row["update"] for row in whole] == list(range(done + 1, done + 1 + len(whole)))
    assert all(row["timesteps"] == row["update"] * STEPS for row in whole)


@many_examples
@given(buffers=chunks())
def test_a_row_is_the_mean_sum_or_maximum_over_members(buffers: dict[str, np.ndarray]) -> None:
    for index, row in enumerate(rows_of(buffers)):
        for name in SCALARS:
            assert row[name] == pytest.approx(np.float64(buffers[name][index]).mean())
        for name in SUMS:
            assert row["sums"][name] == np.float64(buffers[f"sum/{name}"][index]).sum()
        assert row["maxima"] == {"env/farthest": buffers["max/env/farthest"][index].max()}
        assert row["env/farthest"] == row["maxima"]["env/farthest"]
        assert ("members" in row) == (buffers["loss"].ndim == 2)
        if "members" in row:
            assert row["members"]["loss"] == buffers["loss"][index].tolist()
            assert not [name for name in row["members"] if "env/" in name]
            empty = [count == 0 for count in buffers["sum/episodes"][index]]
            assert [value is None for value in row["members"]["episode_return"]] == empty


@many_examples
@given(steps=st.lists(st.integers(-(2**31), 2**31 - 1), min_size=1, max_size=200))
def test_whole_numbers_of_many_steps_add_up_beyond_int32(steps: list[int]) -> None:
    totals = {"sum/env/arrivals": jnp.asarray(steps, jnp.int32)}
    halves = {name: np.asarray(half)[None] for name, half in over_steps(totals).items()}
    plain = {name: np.zeros(1) for name in SCALARS}
    rest = {f"sum/{name}": np.ones(1) for name in SUMS if name != "env/arrivals"}
    (row,) = make_rows(ENV, plain | rest | halves, 0, 1, STEPS)
    assert row["sums"]["env/arrivals"] == sum(steps)


@many_examples
@given(buffers=chunks())
def test_a_line_over_rows_is_that_of_their_sums_and_maxima(buffers: dict[str, np.ndarray]) -> None:
    """Means over episodes weigh episodes, not updates; scalars are the last row's."""
    rows = rows_of(buffers)
    line, sums = over_rows(ENV, rows), add_sums(rows)
    assert {name: line[name] for name in SCALARS} == {name: rows[-1][name] for name in SCALARS}
    for name, total in sums.items():
        assert total == buffers[f"sum/{name}"].sum(dtype=np.float64)
    assert line["env/farthest"] == buffers["max/env/farthest"].max()
    assert env_figures(ENV, rows) == {
        name.removeprefix("env/"): line[name] for name in line if name.startswith("env/")
    }
    assert line["episodes"] == sums["episodes"]
    if sums["episodes"]:
        assert line["episode_return"] == sums["episode_return"] / sums["episodes"]
    arrivals = sums["env/arrivals"] / sums["env/steps"]
    assert line["env/arrivals_per_step"] == pytest.approx(arrivals)


@many_examples
@given(
    buffers=chunks(),
    name=st.sampled_from([*SCALARS, "max/env/farthest", *(f"sum/{name}" for name in SUMS)]),
    bad=st.sampled_from([math.nan, math.inf, -math.inf]),
    data=st.data(),
)
def test_what_is_not_finite_stops_the_run_and_is_named(
    buffers: dict[str, np.ndarray], name: str, bad: float, data: st.DataObject
) -> None:
    check_rows(rows_of(buffers), None)
    index = data.draw(st.integers(0, len(buffers["loss"]) - 1))
    buffers[name][index, ...] = bad
    with pytest.raises(TrainingError, match=f"update {index + 1}: .*{name.split('/')[-1]}"):
        check_rows(rows_of(buffers), None)


@many_examples
@given(buffers=chunks(), data=st.data())
def test_a_state_without_a_legal_action_stops_the_run(
    buffers: dict[str, np.ndarray], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(buffers["loss"]) - 1))
    buffers["stuck_states"][index, ...] = 2.0
    with pytest.raises(TrainingError, match=f"update {index + 1}: 2 states without a legal action"):
        check_rows(rows_of(buffers), "checkpoints/4")


@many_examples
@given(parts=st.lists(chunks(), min_size=1, max_size=6))
def test_tenths_of_a_run_share_its_updates_and_add_up(parts: list[dict[str, np.ndarray]]) -> None:
    members = parts[0]["loss"].shape[1:]
    rows = []
    for part in parts:
        if part["loss"].shape[1:] == members:
            rows += rows_of(part, len(rows))
    found = run_metrics(ENV, rows)
    run, tenths = found["run"], found["tenths"]
    assert len(tenths) == min(10, len(rows))
    bounds = [(part["first_update"], part["last_update"]) for part in tenths]
    updates = [update for low, high in bounds for update in range(low, high + 1)]
    assert updates == [row["update"] for row in rows]
    assert (run["first_update"], run["last_update"]) == (1, len(rows))
    assert run["timesteps"] == tenths[-1]["timesteps"] == len(rows) * STEPS
    assert run["env/arrivals"] == sum(part["env/arrivals"] for part in tenths)
    assert run["env/farthest"] == max(part["env/farthest"] for part in tenths)
    assert math.isclose(run["loss"], np.mean([row["loss"] for row in rows]), abs_tol=1e-9)
    json.dumps(found, allow_nan=False)

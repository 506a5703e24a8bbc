"""The throughput benchmark measures what it says, and its table shows all of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

from benchmarks import cases, measure
from benchmarks.one_case import measure_case

ROOT = Path(__file__).parents[2]
ENV = "FuturesNQ-Phase1"


def test_blocks_take_the_same_steps_as_one_batch():
    whole, args = cases.raw(ENV, 12, 70)
    parts, split_args = cases.blocks(ENV, 12, 70, size=4)
    obs, state, total = jax.jit(whole)(*args)
    obs_parts, state_parts, total_parts = jax.jit(parts)(*split_args)
    np.testing.assert_array_equal(obs_parts.reshape(obs.shape), obs)
    np.testing.assert_array_equal(total_parts.reshape(-1), total)
    np.testing.assert_array_equal(state_parts.equity_cents.reshape(-1), state.equity_cents)
    with pytest.raises(ValueError, match="not a multiple of the block size 5"):
        cases.blocks(ENV, 12, 70, size=5)


def test_random_legal_is_uniform_over_legal_actions_only():
    mask = np.array([[1, 0, 0, 0], [1, 1, 0, 1], [0, 0, 1, 1]], bool)
    keys = jax.random.split(jax.random.key(0), 6_000)
    drawn = np.asarray(jax.vmap(lambda key: cases._random_legal(key, mask))(keys))
    for row, legal in enumerate(mask):
        shares = np.bincount(drawn[:, row], minlength=4) / len(keys)
        np.testing.assert_allclose(shares, legal / legal.sum(), atol=0.03)


def test_race_takes_turns(monkeypatch):
    order = []

    def contender(name: str) -> measure.Prepared:
        return measure.Prepared(compiled=order.append, args=(name,), compile_seconds=1.0)

    first, second = measure.race([contender("a"), contender("b")], repeats=3)
    assert order == ["a", "b"] * 3
    assert len(first.seconds) == len(second.seconds) == 3


def test_gpu_utilization_reads_nvidia_smi(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with measure.gpu_utilization() as busy:
        pass
    assert busy == []
    fake = tmp_path / "nvidia-smi"
    fake.write_text("#!/bin/sh\necho 87\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path), "/bin", "/usr/bin"]))
    with measure.gpu_utilization() as busy:
        pass
    assert busy == [87.0]


def test_a_case_has_its_memory_its_limits_and_its_baselines():
    found = measure_case("raw", ENV, 4, 256, repeats=2, baseline=True)
    # 225 floats and what EnvState holds
    assert 225 * 4 < found["bytes_per_env"] < 225 * 4 + 120
    assert found["steps_per_second"] >= found["median_steps_per_second"] > 0
    for name in ("share_of_observation_only", "share_of_observation_in_place",
                 "ratio_to_CartPole-v1", "ratio_to_Breakout-MinAtar"):  # fmt: skip
        assert found[name] > 0


@pytest.mark.thorough
def test_command_line(tmp_path):
    """One tiny case in its own process: table, JSON and plot."""
    command = [sys.executable, str(ROOT / "benchmarks/throughput.py"), "--mode", "raw"]
    command += ["--phase", "1", "--steps", "256", "--repeats", "1"]
    outputs = ["--json", str(tmp_path / "t.json"), "--plot", str(tmp_path / "t.svg")]
    done = subprocess.run(
        [*command, "--num-envs", "4", *outputs], capture_output=True, text=True, check=True
    )
    assert "of limit" in done.stdout
    assert "steps/s" in done.stdout
    (row,) = json.loads((tmp_path / "t.json").read_text())["results"]
    assert (row["mode"], row["phase"], row["num_envs"]) == ("raw", 1, 4)
    assert "<svg" in (tmp_path / "t.svg").read_text()

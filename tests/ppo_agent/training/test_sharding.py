"""One device equals N devices within float tolerance, in one process and in two."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from ppo_agent import Policy, read_rows
from ppo_agent.algorithm import sharding

ROOT = Path(__file__).resolve().parents[3]
CHILD = [sys.executable, "-m", "tests.ppo_agent.training.sharded_child"]


def start(arguments: list[str], devices: int) -> subprocess.Popen[str]:
    flags = f"--xla_force_host_platform_device_count={devices}"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "XLA_FLAGS": flags, "NPROC": "4"}
    return subprocess.Popen(
        [*CHILD, *arguments],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def outputs(child: subprocess.Popen[str]) -> tuple[str, str]:
    try:
        return child.communicate(timeout=150)
    finally:
        child.kill()


def figures(child: subprocess.Popen[str]) -> dict[str, Any]:
    out, err = outputs(child)
    lines = [line for line in out.splitlines() if line.startswith("FIGURES ")]
    assert lines, err[-2000:]
    return json.loads(lines[0].removeprefix("FIGURES "))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sharding")


@pytest.fixture(scope="module")
def one_device(folder: Path) -> dict[str, Any]:
    return figures(start(["1", str(folder / "one")], 1))


def assert_close(left: dict[str, Any], right: dict[str, Any]) -> None:
    for name in ("losses", "rewards", "norm", "score"):
        assert left[name] == pytest.approx(right[name], rel=1e-3, abs=1e-4), name


@pytest.mark.thorough
def test_eight_devices_equal_one(one_device: dict[str, Any], folder: Path) -> None:
    eight = figures(start(["8", str(folder / "eight")], 8))
    assert (one_device["devices"], eight["devices"]) == (1, 8)
    assert_close(eight, one_device)


def two_processes(run_dir: Path, *flags: str) -> list[subprocess.Popen[str]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        coordinator = f"127.0.0.1:{free.getsockname()[1]}"
    cluster = ["0", str(run_dir), *flags, "--cluster", coordinator, "2"]
    return [start([*cluster, str(index)], 1) for index in range(2)]


@pytest.mark.thorough
def test_two_processes_stopped_and_resumed_equal_one(
    one_device: dict[str, Any], folder: Path
) -> None:
    for result in [figures(child) for child in two_processes(folder / "two", "--cut")]:
        assert len(result["losses"]) == 3
    resumed = [figures(child) for child in two_processes(folder / "two", "--resume")]
    for result in resumed:
        assert result["devices"] == 2
        assert_close(result, one_device)
    # the reason holds a mean over rows from before the stop, which both processes need
    first, second = (result["adjustments"] for result in resumed)
    assert first == second == one_device["adjustments"]
    assert [change["update"] for change in first] == [4]
    assert len(read_rows(folder / "two")) == 4
    obs = jnp.ones((1, 2))
    one, two = (Policy.load(folder / name).logits(obs) for name in ("one", "two"))
    np.testing.assert_allclose(two, one, rtol=1e-3, atol=1e-4)


@pytest.mark.thorough
def test_every_process_refuses_a_folder_in_use(one_device: dict[str, Any], folder: Path) -> None:
    del one_device
    children = two_processes(folder / "one")
    for _, err in [outputs(child) for child in children]:
        assert "FileExistsError" in err
        assert "already holds a run: choose another folder or resume it" in err
    assert all(child.returncode == 1 for child in children)


def test_more_devices_than_there_are_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"num_devices=64, but jax sees \d+: nearest valid is 1$"):
        sharding.make_mesh(64, 47)

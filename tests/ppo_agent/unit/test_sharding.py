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

from ppo_agent import Policy, read_rows, sharding

ROOT = Path(__file__).resolve().parents[3]
CHILD = [sys.executable, "-m", "tests.ppo_agent.sharded_child"]


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


def figures(child: subprocess.Popen[str]) -> dict[str, Any]:
    try:
        out, err = child.communicate(timeout=150)
    finally:
        child.kill()
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


def test_eight_devices_equal_one(one_device: dict[str, Any], folder: Path) -> None:
    eight = figures(start(["8", str(folder / "eight")], 8))
    assert (one_device["devices"], eight["devices"]) == (1, 8)
    assert_close(eight, one_device)


def test_two_processes_equal_one(one_device: dict[str, Any], folder: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        coordinator = f"127.0.0.1:{free.getsockname()[1]}"
    arguments = ["0", str(folder / "two"), coordinator, "2"]
    children = [start([*arguments, str(index)], 1) for index in range(2)]
    for result in [figures(child) for child in children]:
        assert result["devices"] == 2
        assert_close(result, one_device)
    assert len(read_rows(folder / "two")) == 4
    obs = jnp.ones((1, 2))
    one, two = (Policy.load(folder / name).logits(obs) for name in ("one", "two"))
    np.testing.assert_allclose(two, one, rtol=1e-3, atol=1e-4)


def test_more_devices_than_there_are_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"num_devices=64, but jax sees \d+: nearest valid is 1$"):
        sharding.make_mesh(64, 47)

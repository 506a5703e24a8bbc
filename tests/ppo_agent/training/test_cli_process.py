"""The installed command in processes of its own: clusters, and modules of the current folder."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ppo_agent import read_rows
from tests.ppo_agent.registered import FLAGS

COMMAND = Path(sys.executable).with_name("ppo-agent")

MODULE = """
import gymnax
from gymnax.environments.classic_control.cartpole import CartPole

gymnax.register("Mine-v0", CartPole)
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with a module that registers an environment."""
    (tmp_path / "mine.py").write_text(MODULE)
    return tmp_path


def start(here: Path, *args: str, **variables: str) -> subprocess.Popen[str]:
    run = ["train", "--env", "mine:Mine-v0", "--run-dir", "run", "--total-timesteps", "128"]
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "XLA_FLAGS")}
    return subprocess.Popen(
        [str(COMMAND), *run, *FLAGS, *args],
        cwd=here,
        env=environment | {"NPROC": "4"} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(child: subprocess.Popen[str]) -> tuple[int, str]:
    try:
        _, err = child.communicate(timeout=150)
    finally:
        child.kill()
    return child.returncode, err


@pytest.mark.thorough
def test_distributed_joins_the_processes_of_the_environment_variables(here: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    cluster = {"JAX_COORDINATOR_ADDRESS": address, "JAX_NUM_PROCESSES": "2"}
    children = [
        start(here, "--distributed", "--num-devices", "0", JAX_PROCESS_ID=str(index), **cluster)
        for index in range(2)
    ]
    for code, err in [finish(child) for child in children]:
        assert code == 0, err[-2000:]
    assert len(read_rows(here / "run")) == 2
    assert '"processes": 2' in (here / "run" / "metadata.json").read_text()


def test_without_a_cluster_the_variables_are_explained(here: Path) -> None:
    code, err = finish(start(here, "--distributed", JAX_NUM_PROCESSES="many"))
    assert code == 2
    assert "--distributed: JAX_NUM_PROCESSES='many' must be a whole number" in err
    assert "set JAX_COORDINATOR_ADDRESS" in err
    assert "Traceback" not in err

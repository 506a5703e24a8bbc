"""The futures-env wheel alone, in an environment with nothing but its own dependencies."""

import math
import os
import resource
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.thorough  # builds, installs and compiles from nothing

PLAY = """
import sys
import gymnax, jax
import futures_env
for missing in ("ppo_agent", "eval_tools", "distrax", "pyarrow"):
    assert missing not in sys.modules
for name in ("FuturesNQ-Phase1", "FuturesMES-Phase2"):
    env, params = gymnax.make(name)
    obs, state = env.reset(jax.random.key(0), params)
    obs, state, reward, terminated, truncated, info = env.step(jax.random.key(1), state, 1, params)
    print(name, obs.shape, futures_env.describe(info)["done_reason"])
"""


def install_lines() -> list[list[str]]:
    """What the README tells to type, as words."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("pip install ")]
    return [shlex.split(line, comments=True)[1:] for line in lines]


USES = [
    ["-c", "import gymnax, futures_env; gymnax.make('FuturesES-Phase2')"],
    ["-m", "futures_env.cli.main", "data", "synth", "--sessions", "5", "--out", "s.npz"],
    ["-c", "import ppo_agent; from ppo_agent.cli.commands import main"],
    ["-c", "import eval_tools.evaluation, futures_env.cli.data, ppo_agent"],
]
"""What each line of the README must be enough for."""


def run(command: list[str], **options: object) -> str:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "JAX_", "VIRTUAL"))}
    done = subprocess.run(command, capture_output=True, text=True, env=env, **options)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def python(tmp_path_factory) -> str:
    """Interpreter of a fresh environment with only the wheel and what it asks for."""
    uv = shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
    folder = tmp_path_factory.mktemp("wheel")
    run([uv, "build", "--quiet", "--wheel", "--out-dir", str(folder), "packages/futures_env"],
        cwd=ROOT)  # fmt: skip
    run([uv, "venv", "--quiet", "--python", sys.executable, str(folder / "venv")], cwd=folder)
    interpreter = folder / "venv" / "bin" / "python"
    wheel = next(folder.glob("*.whl"))
    run([uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(interpreter),
         "--constraint", str(ROOT / "constraints.txt"), str(wheel)], cwd=folder)  # fmt: skip
    return str(interpreter)


def test_import_make_step(python, tmp_path):
    assert run([python, "-c", PLAY], cwd=tmp_path).splitlines() == [
        "FuturesNQ-Phase1 (225,) running",
        "FuturesMES-Phase2 (231,) running",
    ]


def test_import_costs_little_more_than_gymnax(python, tmp_path):
    def seconds(module: str) -> float:
        """Processor seconds of a start: other processes lengthen the wall time of one by half."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run([python, "-c", f"import {module}"], cwd=tmp_path)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    gymnax, futures_env = math.inf, math.inf
    for _ in range(10):  # a busy machine slows single starts, never all of one kind
        gymnax = min(gymnax, seconds("gymnax"))
        futures_env = min(futures_env, seconds("futures_env"))
        if futures_env < 1.5 * gymnax:
            return
    pytest.fail(f"futures_env {futures_env:.2f} s, gymnax {gymnax:.2f} s")


@pytest.mark.thorough
@pytest.mark.parametrize("number", range(len(USES)))
def test_the_readmes_lines_install_what_they_say(number: int, tmp_path: Path) -> None:
    """pip itself, in an environment that holds nothing else."""
    lines = install_lines()
    assert len(lines) == len(USES)
    uv = shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
    run([uv, "venv", "--quiet", "--seed", "--python", sys.executable, str(tmp_path / "venv")])
    python = str(tmp_path / "venv" / "bin" / "python")
    pins = ["--quiet", "--disable-pip-version-check", "-c", "constraints.txt"]
    run([python, "-m", "pip", *lines[number], *pins], cwd=ROOT)
    run([python, *USES[number]], cwd=tmp_path)


def test_without_the_data_extra_the_command_says_what_to_install(python, tmp_path):
    """A plain install of futures_env brings a command that ends in one line."""
    command = Path(python).with_name("futures-env")
    asked = subprocess.run([command, "data", "calendar"], capture_output=True, text=True)
    assert asked.returncode == 1
    assert asked.stderr == "error: tyro is not installed: pip install 'futures-env[data]'\n"
    assert run([str(command), "--help"]).startswith("usage: futures-env data {import,inspect")

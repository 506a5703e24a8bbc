"""The futures-env wheel alone, in an environment with nothing but its own dependencies."""

import os
import shutil
import subprocess
import sys
import time
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
        began = time.perf_counter()
        run([python, "-c", f"import {module}"], cwd=tmp_path)
        return time.perf_counter() - began

    pairs = [(seconds("gymnax"), seconds("futures_env")) for _ in range(3)]
    gymnax, futures_env = (min(times) for times in zip(*pairs, strict=True))
    assert futures_env < 1.5 * gymnax

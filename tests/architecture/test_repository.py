"""Promises about the repository itself: pins, hosts, paths, sizes."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.futures_env.mutants import MUTANTS, SOURCE

ROOT = Path(__file__).resolve().parents[2]
TRACKED = [
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    if (ROOT / name).is_file()
]
MODULES = [p for p in TRACKED if p.suffix == ".py"]
# hosts and folders are put together here, so that this file does not name them
HOSTS = re.compile(
    "|".join(["py" + r"pi\.org", r"files\." + "pythonhosted", r"registry\." + "npm"])
)
FOLDERS = re.compile(r"(^|[^\w.])/" + "(work|farm|root)/")


def texts():
    for path in TRACKED:
        try:
            yield path, path.read_text()
        except UnicodeDecodeError:
            continue


def test_constraints_of_uv_and_pip_agree():
    manifest = tomllib.loads((ROOT / "pyproject.toml").read_text())
    pinned = manifest["tool"]["uv"]["constraint-dependencies"]
    assert pinned == (ROOT / "constraints.txt").read_text().splitlines()
    assert len(pinned) > 100
    assert all("==" in line for line in pinned)


def test_no_tracked_file_names_a_registry_or_a_path_of_a_machine():
    assert [str(path) for path, text in texts() if HOSTS.search(text)] == []
    assert [str(path) for path, text in texts() if FOLDERS.search(text)] == []


def test_no_market_data_is_tracked():
    assert [
        str(p) for p in TRACKED if p.suffix in {".parquet", ".gz", ".zst", ".npz", ".zip"}
    ] == []


def test_modules_and_functions_stay_readable():
    assert [str(p) for p in MODULES if len(p.read_text().splitlines()) > 300] == []
    long = []
    for path in (p for p in MODULES if p.is_relative_to(ROOT / "packages")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.end_lineno:
                length = node.end_lineno - node.lineno + 1
                docstring = ast.get_docstring(node)
                length -= len(docstring.splitlines()) + 1 if docstring else 0
                if length > 60:
                    long.append(f"{path.name}:{node.name} has {length} lines")
    assert long == []


@pytest.mark.parametrize("package", ["futures_env", "ppo_agent", "eval_tools"])
def test_package_versions_agree_with_the_workspace(package):
    manifest = tomllib.loads((ROOT / "packages" / package / "pyproject.toml").read_text())
    workspace = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert manifest["project"]["version"] == workspace["project"]["version"]
    assert manifest["project"]["requires-python"] == workspace["project"]["requires-python"]


def test_nothing_is_unpickled_or_evaluated():
    """No package reads data by a way that can execute it."""
    banned = re.compile(r"\b(pickle\.loads?|allow_pickle=True|yaml\.load\(|eval\(|exec\()")
    found = [
        str(path)
        for path in MODULES
        if path.is_relative_to(ROOT / "packages") and banned.search(path.read_text())
    ]
    assert found == []


def test_a_skip_for_an_unlisted_reason_fails_the_run(tmp_path):
    test = "import pytest\ndef test_it():\n    pytest.skip('because')\n"
    (tmp_path / "test_skipping.py").write_text(test)
    (tmp_path / "conftest.py").write_text("from tests.conftest import *\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", str(tmp_path), "-c", str(ROOT / "pyproject.toml"),
         "--rootdir", str(ROOT), "-p", "no:cacheprovider"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout
    assert "skipped for an unlisted reason" in done.stdout


def test_every_mutant_still_has_its_line():
    """A mutation that no longer applies would silently stop guarding its rule."""
    for mutant in MUTANTS:
        text = (SOURCE / "futures_env" / "core" / f"{mutant.file}.py").read_text()
        assert text.count(mutant.before) == 1, mutant
    assert len(MUTANTS) >= 30

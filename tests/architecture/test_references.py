"""What comments, docstrings and documents refer to is there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.test_repository import MODULES, ROOT, TRACKED

PROSE = [p for p in TRACKED if p.suffix in {".py", ".md", ".toml", ".j2"} or p.name == "Makefile"]
PATHS = re.compile(r"(?<![\w./-])((?:docs|tests|packages|benchmarks|scripts)/[\w./-]*\w)")
PAGES = re.compile(r"(?<![\w/.*-])([\w/-]+\.md)\b")
NAMES = re.compile(r"``(\w+)\.(\w+)(?:``|\()")
NOWHERE = re.compile("|".join(["market" + "-rules", "account" + "-rules", "founding " + "system"]))
"""Working names of specifications that a reader of this repository cannot open."""


def missing_paths(text: str, page: Path) -> set[str]:
    """Paths from the root, and pages from the root, from docs or from the page's own folder."""
    places = (ROOT, ROOT / "docs", page.parent)
    found = {path for path in PATHS.findall(text) if not list(ROOT.glob(path + "*"))}
    pages = {name for name in PAGES.findall(text) if not any((p / name).exists() for p in places)}
    return found | pages


@cache
def definitions() -> dict[str, set[str]]:
    """Stem of a module of the packages -> names that it or its classes define."""
    found: dict[str, set[str]] = {}
    for path in (p for p in MODULES if p.is_relative_to(ROOT / "packages")):
        names = found.setdefault(path.stem, set())
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.alias):
                names.add(node.asname or node.name)
    return found


def missing_names(text: str) -> set[str]:
    """``module.name`` in the words of a docstring, for the modules of the packages."""
    return {
        f"{module}.{name}"
        for module, name in NAMES.findall(text)
        if module in definitions()
        and name not in definitions()[module] | {"py", "csv"}
        and f" {module}: " not in text  # an argument of that name
    }


@pytest.mark.parametrize("find", [missing_paths, lambda text, page: missing_names(text)],
                         ids=["paths", "names"])  # fmt: skip
def test_references_lead_somewhere(find) -> None:
    dead = {str(p.relative_to(ROOT)): find(p.read_text(encoding="utf-8"), p) for p in PROSE}
    assert {place: sorted(names) for place, names in dead.items() if names} == {}


def test_no_reference_is_to_what_a_reader_cannot_open() -> None:
    named = [str(p.relative_to(ROOT)) for p in PROSE if NOWHERE.search(p.read_text("utf-8"))]
    assert named == []


def test_dead_references_are_found() -> None:
    page = ROOT / "README.md"
    assert missing_paths("see docs/gone.py, tests/architecture and other.md", page) == {
        "docs/gone.py",
        "other.md",
    }
    assert missing_names("``schedules.gone`` and ``schedules.learning_rate``") == {"schedules.gone"}

"""What docstrings, comments and pages refer to exists: files, sections, modules, names."""

import ast
import io
import pkgutil
import re
import subprocess
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TRACKED = [
    name
    for name in subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    if (ROOT / name).is_file()
]
FOLDERS = ("docs", "tests", "packages", "benchmarks", "scripts")
PROSE = [name for name in TRACKED if name.endswith((".py", ".md", ".toml", ".j2", "Makefile"))]
NOWHERE = ("market" + "-rules", "account" + "-rules", "found" + "ing", "found" + "ers")
"""Words for documents that the repository does not hold."""
ELSEWHERE = {"ppo.py"}
"""Files of other people's repositories."""

PATH = re.compile(rf"(?<![\w/.-])(?:{'|'.join(FOLDERS)})/[\w./*-]*\w")
FILE = re.compile(r"(?<![\w/.*<{-])(?:\w[\w-]*/)*\w[\w-]*\.(?:py|md)\b")
NAME = re.compile(r"(?<![\w./-])(?:futures_env|ppo_agent|eval_tools)(?:\.[A-Za-z_]\w*)+(?![\w-])")
MEMBER = re.compile(r"``(\w+)\.([a-zA-Z]\w*)(?:``|\()")
MODULE = re.compile(r"(?<![\w./-])(?:benchmarks|scripts|tests)(?!\.md\b)(?:\.[a-z_]\w*)+")
SECTION = re.compile(r"(docs/[\w/]+\.md), sections? (\d+)(?: to (\d+))?")


@cache
def prose(name: str) -> str:
    """The docstrings and comments of a Python file; anything else as it is."""
    text = (ROOT / name).read_text(encoding="utf-8")
    if not name.endswith(".py"):
        return text
    comments = [
        token.string
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT
    ]
    docstrings = [
        node.value.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ]
    return "\n".join(docstrings + comments)


def found(pattern: re.Pattern[str]) -> Iterator[tuple[str, re.Match[str]]]:
    for name in PROSE:
        for match in pattern.finditer(prose(name)):
            yield name, match


def is_path(path: str) -> bool:
    return (ROOT / path).exists() or any(ROOT.glob(path))


def is_file(path: str) -> bool:
    return path in ELSEWHERE or any(f"/{name}".endswith(f"/{path}") for name in TRACKED)


def is_module(dotted: str) -> bool:
    path = ROOT / dotted.replace(".", "/")
    return path.is_dir() or path.with_suffix(".py").is_file()


SOURCES = sorted((ROOT / "packages").glob("*/src"))


@cache
def is_name(dotted: str) -> bool:
    """A module, or a name in one, down to attributes of classes.

    A module need not be importable: what it needs may be optional.
    """
    if any((source / dotted.replace(".", "/")).with_suffix(".py").is_file() for source in SOURCES):
        return True
    try:
        pkgutil.resolve_name(dotted)
    except (ImportError, AttributeError):
        return False
    return True


@cache
def members() -> dict[str, set[str]]:
    """Stem of a module of the packages -> names that it, its functions or classes define."""
    named: dict[str, set[str]] = {}
    for path in (ROOT / name for name in PROSE if re.match(r"packages/.*\.py$", name)):
        names = named.setdefault(path.stem, {"py"})
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.alias):
                names.add(node.asname or node.name)
    return named


def is_member(quoted: str) -> bool:
    """``module.name`` in the words of a docstring, where a module of the packages has that name."""
    module, _, name = quoted.strip("`(").partition(".")
    return name in members().get(module, {name})


def is_argument(quoted: str, name: str) -> bool:
    """An attribute of an argument that the file describes, which may have a module's name."""
    return f" {quoted.strip('`').partition('.')[0]}: " in prose(name)


KINDS = {
    "paths": (PATH, is_path, "docs/training.md", "docs/gone.md"),
    "files": (FILE, is_file, "params/checks.py", "params/gone.py"),
    "modules": (MODULE, is_module, "benchmarks.transfer", "benchmarks.gone"),
    "names": (NAME, is_name, "futures_env.FuturesEnv.step", "futures_env.FuturesEnv.gone"),
    "members": (MEMBER, is_member, "``curriculum.CURRICULA``", "``curriculum.gone``"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_named_exists(kind: str) -> None:
    pattern, exists, *_ = KINDS[kind]
    dead = {
        f"{name}: {match[0]}"
        for name, match in found(pattern)
        if not exists(match[0]) and not is_argument(match[0], name)
    }
    assert sorted(dead) == []


@pytest.mark.parametrize("kind", KINDS)
def test_dead_references_are_found(kind: str) -> None:
    pattern, exists, alive, gone = KINDS[kind]
    text = f"As {alive} and {gone} say."
    assert [(m[0], exists(m[0])) for m in pattern.finditer(text)] == [(alive, True), (gone, False)]


def test_sections_exist() -> None:
    matches = list(found(SECTION))
    assert len(matches) > 5
    dead = [
        f"{name}: {match[0]}"
        for name, match in matches
        for number in filter(None, match.group(2, 3))
        if not re.search(rf"^## {number}\. ", (ROOT / match[1]).read_text(encoding="utf-8"), re.M)
    ]
    assert dead == []


@pytest.mark.parametrize("words", NOWHERE)
def test_nobody_is_sent_to_a_document_that_is_not_here(words: str) -> None:
    assert [name for name in PROSE if words in prose(name).lower()] == []

"""``docs/architecture.md``: its files exist, follow each other, and no folder is left out."""

import re
from itertools import pairwise
from pathlib import Path

import grimp
import pytest

from tests.architecture.test_structure import FILES_TO_THE_GRADIENT, PACKAGES, ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def chains() -> dict[str, list[str]]:
    """Heading -> files of its numbered list."""
    sections = {
        title: re.findall(r"^\d+\. `(\S+)` \w", text, re.M)
        for title, text in re.findall(r"^## (.+)\n((?:(?!^## ).*\n?)*)", PAGE, re.M)
    }
    return {title: files for title, files in sections.items() if files}


CHAINS = chains()


def source(file: str) -> Path:
    """Where a file of the page lies: its first part is the package."""
    return ROOT / "packages" / file.partition("/")[0] / "src" / file


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, cache_dir=None)


def imports(graph: grimp.ImportGraph, importer: str, imported: str) -> bool:
    """Directly, or by a name that the root of another package takes from it."""
    direct = graph.find_modules_directly_imported_by(importer)
    root = imported.partition(".")[0]
    return imported in direct or (
        root in direct and imported in graph.find_modules_directly_imported_by(root)
    )


def module(file: str) -> str:
    return file.removesuffix(".py").replace("/", ".")


def test_the_page_has_the_three_ways() -> None:
    ends = {(files[0], files[-1]) for files in CHAINS.values()}
    assert ("ppo_agent/cli/commands.py", "ppo_agent/algorithm/losses.py") in ends
    for first, last in (
        ("futures_env/data/importing/", "futures_env/env.py"),
        ("ppo_agent/storage/", "eval_tools/report/"),
        ("ppo_agent/algorithm/", "ppo_agent/storage/"),
    ):
        assert any(a.startswith(first) and b.startswith(last) for a, b in ends), (first, last)


@pytest.mark.parametrize("title", CHAINS)
def test_files_of_a_chain_exist_and_neighbours_import_each_other(
    title: str, graph: grimp.ImportGraph
) -> None:
    files = CHAINS[title]
    assert [file for file in files if not source(file).is_file()] == []
    for one, other in pairwise(map(module, files)):
        assert imports(graph, one, other) or imports(graph, other, one), f"{one} | {other}"


def test_the_way_to_the_gradient_is_short_and_runs_downwards(graph: grimp.ImportGraph) -> None:
    (files,) = (f for f in CHAINS.values() if f[-1] == "ppo_agent/algorithm/losses.py")
    assert files[0] == "ppo_agent/cli/commands.py"
    assert len(files) <= FILES_TO_THE_GRADIENT
    for upper, lower in pairwise(map(module, files)):
        assert imports(graph, upper, lower), f"{upper} does not import {lower}"


def test_every_folder_has_its_line() -> None:
    listed = re.findall(r"^- `(\w+(?:/\w+)*)`: \w", PAGE, re.M)
    folders = {
        path.parent.relative_to(ROOT / "packages" / package / "src").as_posix()
        for package in PACKAGES
        for path in (ROOT / "packages" / package / "src").rglob("__init__.py")
    }
    assert sorted(listed) == sorted(folders)

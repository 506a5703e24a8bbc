"""The Python in the documents runs, block after block of one page."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "packages").glob("*/README.md")),
]
CODE = {page: re.findall(r"```python\n(.*?)```", page.read_text(), re.S) for page in PAGES}
WITH_CODE = [page for page, blocks in CODE.items() if blocks]
TRAINS = [
    *(ROOT / "packages" / name / "README.md" for name in ("ppo_agent", "eval_tools")),
    ROOT / "docs" / "how-to" / "other-agents.md",
    ROOT / "docs" / "quickstart.md",
]
"""Pages whose code is a whole training."""


def test_some_pages_have_code():
    assert len(WITH_CODE) >= 4


@pytest.mark.parametrize(
    "page",
    [pytest.param(p, marks=pytest.mark.thorough) if p in TRAINS else p for p in WITH_CODE],
    ids=[str(page.relative_to(ROOT)) for page in WITH_CODE],
)
def test_page_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "page"}
    for block in CODE[page]:
        exec(compile(block, str(page), "exec"), names)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
        assert (page.parent / target).exists(), target

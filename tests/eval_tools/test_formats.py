"""How numbers look, and that console text needs no page."""

import subprocess
import sys

import pytest

from eval_tools.formats import bounds, number, percent, sign, usd


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        (usd(1234.5), "+1,234.50"),
        (usd(-0.5), "-0.50"),
        (usd(0.0), "0.00"),
        (usd(-1234.5, 0), "-1,234"),
        (usd(None), "-"),
        (number(13190, 0), "13,190"),
        (number(None), "-"),
        (percent(0.2575), "25.8%"),
        (percent(None), "-"),
        (bounds(-12.3, 4.56), "[-12.30, +4.56] USD"),
        (sign(1) + sign(-1) + sign(0), "gainloss"),
    ],
)
def test_numbers_look_like_this(shown: str, wanted: str) -> None:
    assert shown == wanted


LOADED = """
import sys, gymnax  # which loads matplotlib for its own pictures
before = set(sys.modules)
import {module}
heavy = ("jinja2", "matplotlib", "eval_tools.report.html", "eval_tools.report.pictures.svg")
print([name for name in sys.modules.keys() - before if name.startswith(heavy)])
"""


@pytest.mark.parametrize("module", ["eval_tools.report.summary", "eval_tools"])
def test_text_loads_neither_templates_nor_pictures(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(module=module)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stdout.strip() == "[]"

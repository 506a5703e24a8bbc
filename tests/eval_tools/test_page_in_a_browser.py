"""The report as a browser lays it out, on a telephone and on a desk."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from eval_tools import Baseline, Contender, baseline, baseline_contenders, evaluate, metrics
from eval_tools.report.html import render_report
from eval_tools.report.training import PhaseTraining, training_section
from tests.eval_tools.test_curves import PHASES, ROWS, VALIDATION

pytestmark = pytest.mark.thorough
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
SMALLEST_LETTERS = 10.5  # CSS pixels; the page's own small print has 12 to 13

MEASURE = """<script>
const shown = e => e.getClientRects().length > 0;
const across = document.documentElement;
const table = document.querySelector(".scroll");
table.scrollLeft = 60;
const [head, card] = [table.querySelector("td:first-child"), table];
const letters = [...document.querySelectorAll("svg text")].filter(shown).map(e => {
  const svg = e.ownerSVGElement;
  return parseFloat(getComputedStyle(e).fontSize) * svg.clientWidth / svg.viewBox.baseVal.width;
});
const outside = [...document.querySelectorAll("section, .card, figure, svg, dl")]
  .filter(shown).filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.tagName);
parent.postMessage(JSON.stringify({
  width: innerWidth,
  content: across.scrollWidth,
  outside,
  pictures: [...document.querySelectorAll("svg")].filter(shown).length,
  smallest: Math.min(...letters),
  scrolled: table.scrollLeft,
  head: head.getBoundingClientRect().left - card.getBoundingClientRect().left,
}), "*");
</script>"""

FRAME = """<script>onmessage = message => { document.title = message.data; };</script>
<iframe src="report.html" width="WIDTH" height="900" style="border: 0"></iframe>"""
# a window of the browser cannot be as narrow as a telephone, a frame can


@pytest.fixture(scope="module")
def browser() -> str:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is installed")
    return found


@pytest.fixture(scope="module")
def page(desk) -> str:
    """A report with every section: several baselines, trades, exits."""
    subject = Contender(
        name="Phase 2 policy",
        env=desk.env,
        policy=baseline(Baseline.MOVING_AVERAGE_CROSS),
        params=desk.params,
    )
    kinds = [kind for kind in Baseline if kind is not Baseline.MOVING_AVERAGE_CROSS]
    others = baseline_contenders(desk.env, desk.params, kinds)
    found = evaluate(subject, others, desk.sessions)
    training = training_section(
        [PhaseTraining(name="Phase 2", rows=ROWS, validation=VALIDATION, sub_phases=PHASES)]
    )
    return render_report(found, metrics(found)).replace("</main>", f"{training}</main>")


def _measure(browser: str, page: str, width: int, folder: Path) -> dict:
    measured = page.replace("</body>", f"{MEASURE}</body>")
    (folder / "report.html").write_text(measured, encoding="utf-8")
    frame = folder / "frame.html"
    frame.write_text(FRAME.replace("WIDTH", str(width)), encoding="utf-8")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    command += [f"--user-data-dir={folder / 'profile'}", "--window-size=1400,1000"]
    command += ["--virtual-time-budget=10000", "--dump-dom", frame.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    title = re.search(r"<title>(.*?)</title>", done.stdout, re.S)
    assert title is not None
    return json.loads(title.group(1))


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_overflows_and_letters_can_be_read(browser, page, width, tmp_path) -> None:
    found = _measure(browser, page, width, tmp_path)
    assert found["width"] == width
    assert found["content"] <= width
    assert found["outside"] == []
    assert found["smallest"] >= SMALLEST_LETTERS
    assert found["pictures"] == page.count("<svg") / 2, "one form of each picture"


def test_tables_scroll_inside_their_card_with_the_names_in_place(browser, page, tmp_path) -> None:
    found = _measure(browser, page, 390, tmp_path)
    assert found["scrolled"] == 60
    assert abs(found["head"]) <= 1

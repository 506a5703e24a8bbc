"""The report as a browser lays it out, on a telephone and on a desk."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import gymnax
import jax.numpy as jnp
import pytest

from eval_tools import (
    Baseline,
    Contender,
    baseline,
    baseline_contenders,
    evaluate,
    metrics,
    sessions_between,
)
from eval_tools.cli.main import main
from eval_tools.report.html import render_report
from eval_tools.report.training import PhaseTraining, training_section
from futures_env import synthetic_market
from tests.eval_tools.test_curves import PHASES, ROWS, VALIDATION

pytestmark = pytest.mark.thorough
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
SCHEMES = {"dark": 0, "light": 1}
"""What the browser calls the reader's setting."""
SMALLEST_LETTERS = 10.5  # CSS pixels; the page's own small print has 12 to 13

LAYOUT = """
const shown = e => e.getClientRects().length > 0;
const letters = [...document.querySelectorAll("svg text")].filter(shown).map(e => {
  const svg = e.ownerSVGElement;
  return parseFloat(getComputedStyle(e).fontSize) * svg.clientWidth / svg.viewBox.baseVal.width;
});
const outside = [...document.querySelectorAll("section, .card, figure, svg, dl")]
  .filter(shown).filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.tagName);
const layout = {
  outside,
  width: innerWidth,
  content: document.documentElement.scrollWidth,
  pictures: [...document.querySelectorAll("svg")].filter(shown).length,
  smallest: Math.min(...letters),
  ink: getComputedStyle(document.querySelector("figure svg text")).fill,
  paper: getComputedStyle(document.querySelector("section")).backgroundColor,
};
"""
"""What is measured of any page."""

REPORT = """
const table = document.querySelector(".scroll");
table.scrollLeft = 60;
const [head, card] = [table.querySelector("td:first-child"), table];
const told = name => [...document.querySelectorAll("#replay dl div")]
  .find(row => row.firstChild.textContent === name).lastChild.textContent;
const [choice, cursor, chart] = ["select", "input", ".chart"]
  .map(name => document.querySelector("#replay " + name));
const replay = { options: choice.options.length, last: told("done reason"), bars: +cursor.max + 1 };
cursor.value = 0;
cursor.dispatchEvent(new Event("input"));
replay.first = told("time");
replay.at = +chart.querySelector("#cursor").getAttribute("x1");
const box = chart.getBoundingClientRect();
const middle = { clientX: box.left + box.width / 2, clientY: box.top + 50, bubbles: true };
chart.dispatchEvent(new MouseEvent("click", middle));
replay.middle = +cursor.value;
choice.value = choice.options.length - 1;
choice.dispatchEvent(new Event("change"));
replay.day = +cursor.max + 1;
replay.candles = chart.querySelectorAll("rect").length;
Object.assign(layout, {
  replay,
  scrolled: table.scrollLeft,
  head: head.getBoundingClientRect().left - card.getBoundingClientRect().left,
});
"""
"""What is measured of the report of an evaluation besides."""

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
    """A report with every section: several baselines, trades, exits, failures."""
    small = desk.params.replace(drawdown=jnp.float32(700.0))
    subject = Contender(
        name="Phase 2 policy",
        env=desk.env,
        policy=baseline(Baseline.MOVING_AVERAGE_CROSS),
        params=small,
    )
    kinds = [kind for kind in Baseline if kind is not Baseline.MOVING_AVERAGE_CROSS]
    others = baseline_contenders(desk.env, small, kinds)
    found = evaluate(subject, others, desk.sessions)
    training = training_section(
        [PhaseTraining(name="Phase 2", rows=ROWS, validation=VALIDATION, sub_phases=PHASES)]
    )
    return render_report(found, metrics(found)).replace("</main>", f"{training}</main>")


def _measure(
    browser: str, page: str, width: int, folder: Path, scheme: str = "light", more: str = REPORT
) -> dict:
    told = 'parent.postMessage(JSON.stringify(layout), "*");'
    measured = page.replace("</body>", f"<script>{LAYOUT}{more}{told}</script></body>")
    (folder / "report.html").write_text(measured, encoding="utf-8")
    frame = folder / "frame.html"
    frame.write_text(FRAME.replace("WIDTH", str(width)), encoding="utf-8")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    command += [f"--user-data-dir={folder / 'profile'}", "--window-size=1400,1000"]
    command += [f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}"]
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
    others = page.count("<svg") - 1
    assert found["pictures"] == others / 2 + 1, "one form of each picture, and the replay"


@pytest.fixture(scope="module")
def trades(ours, tmp_path_factory) -> str:
    """The page of a trade list under three rule sets."""
    folder = tmp_path_factory.mktemp("trades")
    ours.to_parquet(folder / "list.parquet")
    arguments = ["trades", str(folder / "list.parquet"), "--sessions", "6", "--market-seed", "3"]
    arguments += ["--days", "2", "--out", str(folder), "--run-id", "x", "--rules"]
    arguments += ["apex-eod-50k", "apex-legacy-50k", "apex-eod-50k-funded"]
    assert main(arguments) == 0
    return (folder / "x" / "report.html").read_text("utf-8")


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_of_a_trade_list_does_so_too(browser, trades, width, tmp_path) -> None:
    found = _measure(browser, trades, width, tmp_path, more="")
    assert found["width"] == width
    assert found["content"] <= width
    assert found["outside"] == []
    assert found["smallest"] >= SMALLEST_LETTERS
    assert found["pictures"] == 3 + 2, "an account for each rule set, days, MAE and MFE"
    dark = _measure(browser, trades, width, _made(tmp_path / "dark"), "dark", more="")
    assert _brightness(dark["paper"]) < 60 < _brightness(dark["ink"]) / 2


def test_tables_scroll_inside_their_card_with_the_names_in_place(browser, page, tmp_path) -> None:
    found = _measure(browser, page, 390, tmp_path)
    assert found["scrolled"] == 60
    assert abs(found["head"]) <= 1


@pytest.mark.parametrize("width", [390, 1280])
def test_the_replay_follows_its_cursor(browser, page, width, tmp_path) -> None:
    replays = json.loads(re.search(r'id="replays">(.*?)</script>', page, re.S).group(1))
    found = _measure(browser, page, width, tmp_path)["replay"]
    first, last = replays[0]["bars"], replays[-1]["bars"]
    assert found["options"] == len(replays) >= 4 + 1
    assert found["last"] == "failed drawdown"
    assert found["bars"] == len(first["time"])
    assert found["first"] == first["time"][0]
    assert abs(found["middle"] - len(first["time"]) / 2) <= 1
    assert found["day"] == found["candles"] == len(last["time"])


def test_the_page_follows_the_readers_setting(browser, page, tmp_path) -> None:
    dark, light = (
        _measure(browser, page, 1280, _made(tmp_path / scheme), scheme) for scheme in SCHEMES
    )
    assert _brightness(light["paper"]) == 255 > 2 * _brightness(light["ink"])
    assert _brightness(dark["paper"]) < 60 < _brightness(dark["ink"]) / 2


def test_sixty_sessions_that_all_fail_stay_under_three_megabytes() -> None:
    market = synthetic_market("NQ", sessions=62, seed=3)
    env, params = gymnax.make("FuturesNQ-Phase2", market=market)
    small = params.replace(drawdown=jnp.float32(700.0))
    flat, long = baseline_contenders(env, small, [Baseline.ALWAYS_FLAT, Baseline.ALWAYS_LONG])
    found = evaluate(long, [flat], sessions_between(market, 20).tail(60))
    numbers = metrics(found)
    assert numbers["results"]["always long"]["breaches"] >= 60
    assert len(render_report(found, numbers).encode()) < 3_000_000


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _brightness(color: str) -> float:
    return sum(map(float, re.findall(r"[\d.]+", color)[:3])) / 3

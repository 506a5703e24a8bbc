"""Evaluation, report, summary and artefacts of one run."""

import json
import re
from dataclasses import asdict, replace
from html import escape, unescape
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from eval_tools import TrainingRecord
from eval_tools.accounts.checker import CheckError
from eval_tools.cli.outcome import write_run
from eval_tools.conditions.parameters import differences
from eval_tools.conditions.training import Exposure, Seen
from eval_tools.evaluation import (
    Contender,
    Options,
    baseline_contenders,
    evaluate,
    fixed_bracket,
)
from eval_tools.measures.results import result_metrics
from eval_tools.outcome import Evaluation
from eval_tools.policies.baselines import Baseline, baseline
from eval_tools.report.artefacts import create_run, free_run_id
from eval_tools.report.html import DISCLAIMER, render_report
from eval_tools.report.metrics import metrics
from eval_tools.report.pictures.svg import thin
from eval_tools.report.summary import summary_text
from eval_tools.rollout.slices import run_tasks

HOSTILE = "</script><script>alert(1)</script> & co"
FILES = {
    "metadata.json", "metrics.json", "replay.parquet", "report.html", "slices.parquet",
    "steps.parquet", "summary.txt", "trades.parquet",
}  # fmt: skip


@pytest.fixture(scope="module")
def evaluation(desk) -> Evaluation:
    subject = Contender(
        name=HOSTILE,
        env=desk.env,
        policy=baseline(Baseline.MOVING_AVERAGE_CROSS),
        params=desk.params,
    )
    kinds = (Baseline.ALWAYS_FLAT, Baseline.RANDOM_LEGAL)
    others = [*baseline_contenders(desk.env, desk.params, kinds), fixed_bracket(subject)]
    return evaluate(subject, others, desk.sessions)


@pytest.fixture(scope="module")
def page(evaluation) -> str:
    return render_report(evaluation, metrics(evaluation))


def test_the_numbers_agree_with_each_other(desk, evaluation) -> None:
    numbers = metrics(evaluation)
    own = numbers["results"][HOSTILE]
    assert own["coverage"] == {"sessions_asked": 4, "sessions_run": 4, "share": 1.0}
    assert own["days"]["net_pnl_usd"] == own["trades"]["net_pnl_usd"]
    assert own["mean_daily_pnl"]["mean"] == pytest.approx(own["days"]["net_pnl_usd"] / 4)
    assert sum(own["exit_reasons"].values()) == own["trades"]["trades"] > 0
    assert sum(own["actions"].values()) == pytest.approx(1.0)
    idle = own["actions"]["hold"] - own["actions_where_there_was_a_choice"]["hold"]
    assert idle > 0
    assert own["account"][0]["net_pnl_usd"] == own["trades"]["net_pnl_usd"]
    flat = numbers["results"]["always flat"]
    assert flat["days"]["net_pnl_usd"] == flat["exposure"] == flat["breaches"] == 0
    assert numbers["paired"]["always flat"] == asdict(evaluation.subject.interval)
    assert numbers["paired"]["fixed bracket"]["mean"] == 0
    assert numbers["identical"] == ["fixed bracket"]
    assert "identical on every session to fixed bracket" in numbers["verdict"]["remarks"][0]
    assert list(own["actions"]) == [
        "hold", "buy", "sell", "stop_to_break_even", "trail_on", "trail_off",
    ]  # fmt: skip
    assert own["actions"]["trail_on"] == own["actions"]["stop_to_break_even"] == 0
    assert numbers["gross"]["mean_daily_pnl"]["mean"] > own["mean_daily_pnl"]["mean"]


def test_accounts_that_fail_are_replaced_in_the_sessions_and_not_in_the_range(
    desk, failing
) -> None:
    small = failing.params
    flat, long = baseline_contenders(desk.env, small, [Baseline.ALWAYS_FLAT, Baseline.ALWAYS_LONG])
    result = failing
    own = metrics(result)["results"]["always long"]
    assert own["coverage"]["share"] == 1.0
    assert own["breaches"] == own["endings"]["failed_drawdown"] > 4
    (account,) = own["account"]
    assert account["final_status"] == "failed_drawdown"
    assert account["sessions_run"] < account["sessions_asked"] == 4
    assert account["max_drawdown_usd"] >= 700.0
    assert any("failed drawdown on" in remark for remark in result.verdict.remarks)
    assert "the rest not traded" in summary_text(metrics(result)).replace("\n    ", " ")

    again = evaluate(long, [flat], desk.sessions, Options(reenter=True))
    (account,) = metrics(again)["results"]["always long"]["account"]
    assert account["sessions_run"] == 4
    assert account["accounts_used"] > 4


def test_an_account_that_the_checker_does_not_confirm_is_an_error(desk, monkeypatch) -> None:
    (flat,) = baseline_contenders(desk.env, desk.params, [Baseline.ALWAYS_FLAT])

    def one_cent_more(*arguments, **options):
        played = run_tasks(*arguments, **options)
        played[0][1][0].steps.loc[70, "floor_cents"] += 1
        return played

    monkeypatch.setattr("eval_tools.evaluation.run_tasks", one_cent_more)
    with pytest.raises(CheckError, match=r"slice all, account 0 under parameters: bar 70: floor"):
        evaluate(flat, [], desk.sessions)


def test_the_daily_series_is_the_trades_by_day(evaluation) -> None:
    subject = evaluation.subject
    by_day = subject.trades.groupby("date")["net_cents"].sum() / 100
    assert len(subject.daily) == 4
    assert np.allclose(subject.daily, by_day.reindex(subject.daily.index, fill_value=0))


def test_the_page_embeds_exactly_its_metrics(evaluation, page) -> None:
    block = re.search(r'<script type="application/json" id="metrics">(.*?)</script>', page, re.S)
    assert json.loads(block.group(1)) == json.loads(json.dumps(metrics(evaluation)))


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict]] = []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.seen.append((tag, dict(attrs)))


def test_the_page_is_one_file_and_runs_its_replay_only(page) -> None:
    tags = _Tags()
    tags.feed(page)
    scripts = [attributes for tag, attributes in tags.seen if tag == "script"]
    data = [{"type": "application/json", "id": name} for name in ("metrics", "replays")]
    assert scripts == [*data, {}]
    assert not re.search(
        r"fetch\(|XMLHttpRequest|import|url\(h|eval\(", page.rpartition("<script>")[2]
    )
    loaded = [
        value
        for _, attributes in tags.seen
        for name, value in attributes.items()
        if name in ("src", "href", "xlink:href") and not value.startswith("#")
    ]
    assert loaded == []
    assert sum(tag == "svg" for tag, _ in tags.seen) >= 7


def test_every_report_states_its_conditions(evaluation, page) -> None:
    told = metrics(evaluation)["conditions"]
    assert told["checkpoint"] == "none"
    assert told["rule set"] == "none of the named ones"
    assert "drawdown 15,000 intraday, lock target balance" in told["account"]
    shown, text = unescape(page), " ".join(summary_text(metrics(evaluation)).split())
    for name, words in told.items():
        assert f"<dt>{name}</dt><dd>{words}</dd>" in shown
        assert f"{name} {words}" in text


def test_a_policy_without_a_record_is_not_called_held(desk, evaluation) -> None:
    """The same results said to come from checkpoints with and without a record."""
    first, last = (f"{day:%Y-%m-%d}" for day in desk.sessions["date"].iloc[[0, -1]])
    facts = {"first_date": first, "last_date": last, "sessions": 4}
    seen = TrainingRecord(
        checkpoint="run, step 1", facts=facts, params={"drawdown": 900.0}, started_from_agent=False
    )
    cases = {
        None: "4 sessions, ",
        Seen.UNKNOWN: "4 sessions (training range unknown), ",
        Seen.TRAINED_ON: "4 sessions (trained on), ",
        Seen.HELD: "4 held sessions, ",
    }
    for word, start in cases.items():
        exposure = None if word is None else Exposure(seen=word, sessions=4)
        told = replace(evaluation, training=seen, exposure=exposure)
        assert summary_text(metrics(told)).splitlines()[1].strip().startswith(start)
    told = replace(told, differences=differences(evaluation.params, seen.params))
    wanted = "drawdown 15,000, in training 900"
    assert f"unlike training {wanted}" in " ".join(summary_text(metrics(told)).split())
    assert wanted in render_report(told, metrics(told))
    assert f"{first} to {last}, 4 sessions, market unknown" in summary_text(metrics(told))


def test_the_page_says_what_it_must(evaluation, page) -> None:
    assert page.index(escape(evaluation.verdict.headline)) < page.index("Beside the baselines")
    assert "SYNTHETIC MARKET" in page
    assert DISCLAIMER in unescape(page)
    assert "prohibit automation" in DISCLAIMER
    real = replace(evaluation, source=replace(evaluation.source, synthetic=False))
    assert "SYNTHETIC" not in render_report(real, metrics(real))
    assert "SYNTHETIC" not in summary_text(metrics(real))


def test_the_same_evaluation_gives_the_same_bytes(evaluation, page) -> None:
    assert render_report(evaluation, metrics(evaluation)) == page


def test_the_summary_is_aligned_and_honest(evaluation) -> None:
    text = summary_text(metrics(evaluation))
    assert "SYNTHETIC" in text.splitlines()[0]
    assert "coverage 4/4 sessions = 100%" in text
    assert "VERDICT: " in text
    lines = text.splitlines()
    head = next(at for at, line in enumerate(lines) if line.startswith("  policy"))
    assert len({len(line) for line in lines[head : head + 5]}) == 1
    assert max(len(line) for line in lines if "VERDICT" in line) <= 100


def test_artefacts_are_complete_and_readable(evaluation, tmp_path) -> None:
    folder = create_run(tmp_path, "first")
    write_run(folder, evaluation, {"seed": 0})
    report = folder / "report.html"
    assert {path.name for path in folder.iterdir()} == FILES
    assert report.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert json.loads((folder / "metrics.json").read_text()) == json.loads(
        json.dumps(metrics(evaluation))
    )
    described = json.loads((folder / "metadata.json").read_text())
    assert described["run_id"] == "first"
    assert described["config"] == {"seed": 0}
    assert described["env_params"]["drawdown"] == 15_000
    assert {"jax", "eval-tools"} <= set(described["versions"])
    trades = pd.read_parquet(folder / "trades.parquet")
    subject = trades[(trades["policy"] == HOSTILE) & (trades["scope"] == "session")]
    assert subject["net_cents"].sum() == evaluation.subject.trades["net_cents"].sum()
    slices = pd.read_parquet(folder / "slices.parquet")
    assert len(slices) == 4 * len(evaluation.results)
    steps = pd.read_parquet(folder / "steps.parquet")
    assert len(steps) == len(evaluation.subject.accounts[0].steps)


def test_each_policy_is_summarised_once_for_all_files(evaluation, tmp_path, monkeypatch) -> None:
    seen = []

    def counted(result) -> dict:
        seen.append(result.name)
        return result_metrics(result)

    monkeypatch.setattr("eval_tools.report.metrics.result_metrics", counted)
    write_run(create_run(tmp_path, "once"), evaluation, {})
    assert seen == list(evaluation.results)


def test_nothing_is_overwritten(evaluation, tmp_path) -> None:
    folder = create_run(tmp_path, "run")
    (folder / "metrics.json").write_text("kept")
    with pytest.raises(FileExistsError, match="nothing is overwritten"):
        write_run(folder, evaluation, {})
    assert (folder / "metrics.json").read_text() == "kept"
    with pytest.raises(FileExistsError, match="never overwritten"):
        create_run(tmp_path, "run")
    assert free_run_id(tmp_path, "run") == "run-2"
    assert free_run_id(tmp_path, "other") == "other"


def test_two_contenders_of_one_name_are_refused(desk, evaluation) -> None:
    flat = baseline_contenders(desk.env, desk.params, [Baseline.ALWAYS_FLAT])
    with pytest.raises(ValueError, match="names must be unique"):
        evaluate(flat[0], flat, desk.sessions, Options())


def test_wrong_options_are_refused_before_anything_runs() -> None:
    with pytest.raises(ValueError, match="level must lie between 0 and 1, got 95"):
        Options(level=95)


def test_thinning_keeps_the_extremes() -> None:
    values = np.sin(np.arange(20_000)) + np.arange(20_000) / 1e4
    kept = thin(values, 500)
    assert len(kept) <= 502
    assert {0, 19_999, values.argmax(), values.argmin()} <= set(kept)
    assert np.array_equal(thin(values[:9]), np.arange(9))

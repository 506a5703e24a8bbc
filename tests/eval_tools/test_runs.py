"""Runs listed, compared and pooled from their folders."""

import json
import re
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest

from eval_tools.cli.main import main
from eval_tools.cli.outcome import publish_tables, write_run
from eval_tools.cli.progress import Progress
from eval_tools.measures.bootstrap import mean_interval
from eval_tools.measures.overfitting import overfitting
from eval_tools.measures.seeds import seed_interval
from eval_tools.report.artefacts import create_run
from eval_tools.runs.comparison import difference, paired_days
from eval_tools.runs.stored import StoredRun


@pytest.fixture(scope="module")
def runs(failing, tmp_path_factory):
    """A run, its baseline as a run, one day fewer, and a folder that holds none."""
    out = tmp_path_factory.mktemp("runs")
    flat = failing.baselines["always flat"]
    write_run(create_run(out, "long"), failing, {})
    write_run(create_run(out, "again"), failing, {})
    turned = replace(failing, subject=flat, baselines={"always long": failing.subject})
    write_run(create_run(out, "flat"), turned, {})
    fewer = replace(failing.subject, sessions=failing.subject.sessions[1:])
    short = replace(failing, subject=fewer, baselines={}, sessions=failing.sessions[1:])
    write_run(create_run(out, "short"), short, {})
    other = replace(failing.source, content_hash="0" * 64, label="other bars")
    write_run(create_run(out, "other"), replace(failing, source=other), {})
    (out / "cut" / "checkpoints").mkdir(parents=True)
    publish_tables(create_run(out, "swept"), {"rows": []}, "", {"command": "sweep"}, Progress())
    return out


def test_a_run_gives_back_its_days(failing, runs) -> None:
    daily = StoredRun.read(runs / "long").daily()
    assert daily.tolist() == failing.subject.daily.tolist()
    assert daily.index.equals(failing.subject.daily.index)


def test_the_same_evaluation_has_the_same_hash(runs) -> None:
    first, again, flat = (
        json.loads((runs / name / "metadata.json").read_text())
        for name in ("long", "again", "flat")
    )
    assert first["metrics_sha256"] == again["metrics_sha256"] != flat["metrics_sha256"]


def test_runs_are_listed(runs, capsys) -> None:
    assert main(["runs", "list", "--out", str(runs)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{runs}: 5 evaluations"
    assert lines[1].split()[:3] == ["run", "made", "policy"]
    assert {line.split()[0] for line in lines[2:7]} == {"long", "again", "flat", "short", "other"}
    assert lines[-2] == "  cut: training"
    assert re.fullmatch(r"  swept: sweep, 20\d\d-\d\d-\d\d \d\d:\d\d", lines[-1])
    assert "loses money" in lines[2] or "no edge shown" in lines[2]


def test_two_runs_are_compared_by_day(failing, runs, capsys) -> None:
    found = difference(StoredRun.read(runs / "long"), StoredRun.read(runs / "flat"))
    assert found == mean_interval(failing.subject.daily)
    assert main(["compare", "long", "flat", "--out", str(runs)]) == 0
    out = capsys.readouterr().out
    assert f"long minus flat: {found.mean:+,.2f} USD per day" in out
    assert "Conditions: alike" in out


def test_different_days_or_bars_are_refused(runs, capsys) -> None:
    assert main(["compare", "long", "short", "--out", str(runs)]) == 2
    error = capsys.readouterr().err
    assert "long and short are of different ranges: 4 sessions" in error
    assert "against 3 sessions" in error
    assert main(["compare", "long", "other", "--out", str(runs)]) == 2
    assert "different bars" in capsys.readouterr().err
    assert main(["compare", "long", "cut", "--out", str(runs)]) == 1
    assert "no finished evaluation" in capsys.readouterr().err


def test_what_is_no_evaluation_says_what_it_is(runs, capsys) -> None:
    assert main(["compare", "long", "swept", "--out", str(runs)]) == 1
    assert "swept: no evaluation but the result of eval-tools sweep" in capsys.readouterr().err
    assert main(["replay", "swept", "--out", str(runs)]) == 1
    made = json.loads((runs / "swept" / "metadata.json").read_text())
    digest = sha256((runs / "swept" / "metrics.json").read_bytes()).hexdigest()
    assert made["metrics_sha256"] == digest
    assert {"created_at", "versions", "git_revision", "hardware"} < made.keys()
    capsys.readouterr()


def test_runs_are_pooled(runs, capsys) -> None:
    chosen = [StoredRun.read(runs / name) for name in ("long", "again", "flat")]
    days = paired_days(chosen)
    assert main(["runs", "pool", "long", "again", "flat", "--out", str(runs)]) == 0
    out = capsys.readouterr().out
    middle = seed_interval(days.mean())
    assert f"Interquartile mean over runs: {middle.mean:+,.2f} USD per day" in out
    share = overfitting(np.asarray(days)).probability
    assert f"Probability of overfitting: {share:.1%} of" in out
    assert "Best run flat" in out or "Best run long" in out
    assert main(["runs", "pool", "long", "--out", str(runs)]) == 2
    assert "at least 2 runs" in capsys.readouterr().err


def test_another_format_is_refused(runs, tmp_path) -> None:
    for name in ("metadata.json", "metrics.json"):
        numbers = json.loads((runs / "long" / name).read_text()) | {"format": 1}
        (tmp_path / name).write_text(json.dumps(numbers))
    with pytest.raises(ValueError, match="format 1, this version reads"):
        StoredRun.read(tmp_path)


def test_where_there_is_nothing_to_list_it_says_so(tmp_path, capsys) -> None:
    assert main(["runs", "list", "--out", str(tmp_path / "absent")]) == 1
    assert "no such folder" in capsys.readouterr().err
    assert main(["runs", "list", "--out", str(tmp_path)]) == 0
    assert "0 evaluations" in capsys.readouterr().out
    assert main(["runs", "list", "x", "--out", str(tmp_path)]) == 2

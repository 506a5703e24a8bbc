"""Two markets and markets without an edge: what is counted, and what fails."""

import json
from typing import Any

import numpy as np
import pytest

from benchmarks import no_edge, two_markets
from eval_tools.controls.planted import VOLUME
from eval_tools.verdict import Finding


def row(kind: str, covers: bool, trades: int = 3) -> dict[str, Any]:
    acting = {"trades": trades, "covers_0": covers}
    return {"kind": kind, "greedy": acting, "drawn": acting | {"covers_0": True}}


def test_intervals_without_0_fail_beyond_the_allowed(
    tmp_path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for wrong, code in ((2, 0), (3, 1)):
        rows = [row("twin", index >= wrong, trades=index % 2) for index in range(16)]
        monkeypatch.setattr(no_edge, "run_missing", lambda options, rows=rows: rows)
        assert no_edge.main([str(tmp_path)]) == code
        assert f"| twin | greedy | 16 | 8 | {wrong} |" in capsys.readouterr().out


def test_a_martingale_has_no_signal_and_its_sibling_has() -> None:
    volumes = {
        kind: np.asarray(no_edge.draw(kind, 5, 25).features)[:, VOLUME] for kind in no_edge.KINDS
    }
    loud = {kind: np.mean(np.abs(values) > 2.0) for kind, values in volumes.items()}
    assert loud["twin"] > 0.01
    assert loud["martingale"] != loud["twin"]


def half(finding: Finding) -> two_markets.Half:
    return two_markets.Half(
        finding=finding.value,
        headline="So it is.",
        usd_per_session=1.0,
        trades=2,
        oracle_usd_per_session=2.0,
        share=0.5,
        training_seconds=3.0,
    )


@pytest.mark.parametrize(
    ("with_edge", "without", "code"),
    [
        (Finding.POSITIVE, Finding.NO_EDGE_SHOWN, 0),
        (Finding.POSITIVE, Finding.NEVER_TRADED, 0),
        (Finding.POSITIVE, Finding.POSITIVE, 1),
        (Finding.NO_EDGE_SHOWN, Finding.NO_EDGE_SHOWN, 1),
    ],
)
def test_both_halves_decide(
    with_edge: Finding, without: Finding, code: int, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    findings = {10.0: with_edge, 0.0: without}
    monkeypatch.setattr(two_markets, "run_half", lambda _, strength: half(findings[strength]))
    path = tmp_path / "two.json"
    assert two_markets.main(["--json", str(path)]) == code
    report = json.loads(path.read_text())
    assert report["zero-edge twin"]["finding"] == without.value


@pytest.mark.thorough
def test_a_run_without_an_edge_is_kept_and_not_run_again(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(no_edge, "KINDS", ("twin",))
    flags = [str(tmp_path), "--runs", "1", "--sessions", "20", "--steps", "32768"]
    assert no_edge.main(flags) in (0, 1)
    (path,) = tmp_path.glob("*.json")
    found = json.loads(path.read_text())
    assert found["drawn"]["trades"] > 0
    assert found["drawn"]["low"] < found["drawn"]["mean"] < found["drawn"]["high"]
    monkeypatch.setattr(no_edge, "run_one", lambda *_: pytest.fail("run again"))
    assert no_edge.main(flags) in (0, 1)


@pytest.mark.thorough
def test_a_half_is_trained_and_judged() -> None:
    options = two_markets.Options(sessions=20, steps=32_768, seed=2)
    found = two_markets.run_half(options, 10.0)
    assert found.finding in {finding.value for finding in Finding}
    assert found.oracle_usd_per_session > 300.0
    assert found.share == pytest.approx(found.usd_per_session / found.oracle_usd_per_session)
    assert found.training_seconds > 0.0

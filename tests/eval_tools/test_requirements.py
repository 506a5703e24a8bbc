"""What a result has to meet, and what the command says of it."""

import json

import pytest

from eval_tools.cli.main import main
from eval_tools.cli.outcome import publish, show
from eval_tools.cli.progress import Progress
from eval_tools.report.artefacts import create_run
from eval_tools.report.metrics import metrics
from eval_tools.report.summary import summary_text
from eval_tools.requirements import (
    POLICY_FIGURES,
    Requirement,
    RequirementError,
    parse_requirements,
)
from futures_env import ArgumentError


@pytest.mark.parametrize(
    ("text", "value", "met"),
    [
        ("sharpe>2", 2.0, False),
        ("sharpe>=2", 2.0, True),
        (" max_drawdown_usd < 2500 ", 2499.5, True),
        ("breaches==0", 0, True),
        ("breaches==0", 1, False),
        ("breaches!=0", 1, True),
        ("deflated_sharpe<=.5", 0.5, True),
        ("profit_factor>1e-3", None, False),
    ],
)
def test_a_figure_is_compared_with_the_bound(text, value, met) -> None:
    (requirement,) = parse_requirements([text])
    found = requirement.check({requirement.figure: value})
    assert (found.met, found.value) == (met, value)


@pytest.mark.parametrize("text", ["sharpe", "sharpe=2", "sharpe>two", "2<sharpe", "", "sharpe>2>1"])
def test_another_form_is_refused_with_an_example(text) -> None:
    with pytest.raises(ArgumentError, match=r"e\.g\. 'sharpe>2'"):
        parse_requirements([text])


def test_an_unknown_figure_lists_the_known_ones() -> None:
    with pytest.raises(ArgumentError) as refused:
        parse_requirements(["sharp>2"])
    assert "no such figure sharp; known: " in str(refused.value)
    assert all(name in str(refused.value) for name in POLICY_FIGURES)


def test_every_known_figure_has_a_value(failing) -> None:
    texts = [f"{name}>=-1e9" for name in POLICY_FIGURES]
    checked = metrics(failing, parse_requirements(texts))["verdict"]["requirements"]
    assert [one["met"] for one in checked] == [one["value"] is not None for one in checked]
    undefined = {one["requirement"] for one in checked if one["value"] is None}
    assert undefined == set()
    own = metrics(failing)["results"]["always long"]
    found = {one["requirement"].partition(">=")[0]: one["value"] for one in checked}
    assert found["breaches"] == own["breaches"] > 4
    assert found["account_max_drawdown_usd"] == own["account"][0]["max_drawdown_usd"]
    assert found["max_drawdown_usd"] == own["days"]["max_drawdown_usd"]


def test_a_requirement_that_is_not_met_is_shown_and_raised_after_writing(
    failing, tmp_path, capsys
) -> None:
    required = parse_requirements(["trades>10", "breaches==0"])
    folder = create_run(tmp_path, "run")
    with pytest.raises(RequirementError, match=r"required and not met: breaches==0 \(found \d+\)"):
        publish(folder, failing, {"seed": 0}, required, Progress())
    out = capsys.readouterr().out
    assert "REQUIRED trades>10: met, " in out
    assert "REQUIRED breaches==0: NOT MET, " in out
    assert out.splitlines()[-1] == f"report: {folder / 'report.html'}"
    page = (folder / "report.html").read_text("utf-8")
    assert page.index("NOT MET: breaches==0 (found") < page.index("Under which conditions")
    assert json.loads((folder / "metrics.json").read_text())["verdict"]["requirements"][0]["met"]
    with pytest.raises(RequirementError, match=r"required and not met: breaches==0 \(found \d+\)"):
        show(folder)  # as a finished run that is asked for again
    assert publish(create_run(tmp_path, "two"), failing, {}, required[:1], Progress()).exists()
    assert "REQUIRED" not in summary_text(metrics(failing))


@pytest.mark.parametrize("command", [["pipeline"], ["evaluate", "--checkpoint", "absent"]])
def test_the_commands_refuse_it_before_anything_runs(command, tmp_path, capsys) -> None:
    arguments = [*command, "--require", "sharpe>2", "--require", "sharp>2"]
    assert main([*arguments, "--out", str(tmp_path / "runs")]) == 2
    assert "no such figure sharp; known: account_" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_a_requirement_is_named_as_it_was_given() -> None:
    assert str(Requirement.parse("sharpe > 2.50", ["sharpe"])) == "sharpe>2.5"

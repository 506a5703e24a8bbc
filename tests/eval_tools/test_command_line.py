"""The command line of eval-tools: wrong demands, and what is told on the way."""

import re

import pytest

from eval_tools.cli.main import main
from eval_tools.cli.progress import Progress


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["pipeline", "--data", "absent.csv"], 1, "absent.csv"),
        (["pipeline", "--symbol", "XX"], 2, "--symbol XX: no such contract; known: ES, NQ"),
        (["pipeline", "--flat-by", "09:00"], 2, "flat_by 09:00 is not after the rth open"),
        (["pipeline", "--sessions", "4"], 2, "at least 5 are needed, not 4"),
        (["pipeline", "--test-start", "2030-01-01"], 1, "0 sessions are left to validate on"),
        (["pipeline", "--sessions", "15"], 1, "no session to train on"),
        (["pipeline", "--data", "a.csv", "--sessions", "15"], 2, "--sessions 15 is the length of"),
        (
            ["pipeline", "--train-end", "2015-03-02", "--test-start", "2015-03-02"],
            2,
            "training and test must be disjoint",
        ),
        (
            ["pipeline", "--test-start", "2015-03-09", "--test-end", "2015-03-02"],
            2,
            "before it ends",
        ),
        (["pipeline", "--rules", "none"], 2, "--rules none: no such rule set; a .toml file"),
        (["pipeline", "--symbol", "NQ", "--symbols", "NQ", "ES"], 2, "--symbol NQ and --symbols"),
        (["pipeline", "--mirror", "0.5", "--data", "a.npz"], 2, "a.npz: a saved market cannot be"),
        (["attempts", "--policy", "a:b", "--rules", "none"], 2, "--rules none: no such rule set"),
        (["attempts", "--policy", "a:b", "--level", "1"], 2, "level must lie between 0 and 1"),
        (["sweep", "absent", "--rules", "none"], 2, "--rules none: no such rule set"),
        (["sweep", "absent", "--market-seed", "1", "--data", "a.csv"], 2, "--market-seed 1 makes"),
        (["trades", "a.csv", "--market-seed", "1", "--data", "a.csv"], 2, "--market-seed 1 makes"),
        (["trades", "a.csv", "--require", "x>1"], 2, "no such figure x; known: account_lowest"),
        (["evaluate", "--as-trained", "--rules", "topstep-50k"], 2, "choose one account"),
        (["evaluate", "--rules", "none"], 2, "--rules none: no such rule set; a .toml file"),
        (["evaluate", "--level", "2"], 2, "level must lie between 0 and 1, got 2.0"),
        (["evaluate", "--rules", "absent.toml"], 1, "absent.toml"),
        (["evaluate", "--market-seed", "1", "--data", "a.csv"], 2, "--market-seed 1 makes"),
        (["evaluate", "--start", "2020-01-02", "--end", "2020-01-01"], 2, "lies behind --end"),
        (["evaluate", "--sessions", "6"], 1, "absent"),
        (["evaluate", "--policy", "a:b"], 2, "give one of --checkpoint, --policy and --sb3"),
        (["evaluate", "--sb3-stats", "x.pkl"], 2, "--sb3-stats x.pkl belongs to --sb3"),
    ],
)
def test_a_wrong_demand_is_one_line_and_leaves_nothing(
    arguments, code, message, tmp_path, capsys
) -> None:
    more = ["--checkpoint", str(tmp_path / "absent")] if arguments[0] == "evaluate" else []
    assert main([*arguments, *more, "--out", str(tmp_path / "runs")]) == code
    *stages, error = capsys.readouterr().err.splitlines()
    assert error.startswith("eval-tools: ")
    assert message in error
    assert stages in ([], ["market ..."])
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["pipeline", "--session", "eth"], "eth"),
        (["evaluate", "--checkpoint", "x", "--phase", "3"], "3"),
        (["evaluate", "--checkpoint", "x", "--start", "2020-13-01"], "2020-13-01"),
        (["evaluate", "--checkpoint", "x", "--baselines", "BUY_AND_HOLD"], "BUY_AND_HOLD"),
        (["walk"], "walk"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_by_the_parser(arguments, message, capsys) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--market-seed", "1", "--data", "a.csv"], "--market-seed 1 makes"),
        (["--rules", "none"], "--rules none: no such rule set"),
        (["--start", "2020-01-02", "--end", "2020-01-01"], "lies behind --end"),
    ],
)
def test_decisions_refuses_what_the_others_refuse(flags, message, capsys) -> None:
    assert main(["decisions", "absent", *flags]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["trades", "absent.csv"], "absent.csv: no such file"),
        (["attempts", "--sb3", "absent.zip"], "absent.zip: no such file"),
        (["sweep", "absent"], "absent: no checkpoint"),
        (["decisions", "absent"], "absent: no checkpoint"),
    ],
)
def test_what_is_not_there_is_told_before_the_bars_are_read(arguments, message, capsys) -> None:
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert error.startswith("eval-tools: ")
    assert message in error.replace("/checkpoints", "")


def test_stages_are_announced_and_timed(capsys) -> None:
    progress = Progress()
    with progress.stage("reading"):
        progress.tell("second file")
    progress.report()
    found = capsys.readouterr()
    assert found.out == ""
    first, second, last = found.err.splitlines()
    assert (first, second) == ("reading ...", "second file ...")
    assert re.fullmatch(r"time: reading \d+\.\d s; \d+\.\d s in all", last)

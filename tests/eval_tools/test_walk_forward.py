"""Walk-forward: each test day is traded by its own fold, and a killed run ends with the same."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from eval_tools.cli.commands.walk_forward import run_walk_forward
from eval_tools.cli.main import main
from eval_tools.conditions.looks import LOOKS
from eval_tools.pipeline.ranges import Range, Ranges
from eval_tools.policies.policy import Context
from eval_tools.policies.turns import InTurns
from eval_tools.runs.stored import StoredRun
from eval_tools.walk_forward.together import Fold, turns
from futures_env import session_dates, synthetic_market
from tests.eval_tools.walk_forward_run import small

_KILLED = """
import sys
from pathlib import Path
from eval_tools.cli.commands.walk_forward import run_walk_forward
from tests.eval_tools.walk_forward_run import small

run_walk_forward(small(run_dir=Path(sys.argv[1])))
"""


@pytest.fixture(scope="module")
def walked(tmp_path_factory) -> Path:
    return run_walk_forward(small(run_dir=tmp_path_factory.mktemp("walk") / "run")).parent


def ranges_of(run: Path) -> list[dict[str, Any]]:
    return json.loads((run / "walk-forward.json").read_text())["stages"]["folds"]["outputs"][
        "ranges"
    ]


@pytest.mark.thorough
def test_all_tests_together_are_held_and_stand_beside_their_null(walked) -> None:
    numbers = json.loads((walked / "metrics.json").read_text())
    ranges = ranges_of(walked)
    own = numbers["results"]["walk-forward, Phase 2"]
    assert own["coverage"] == {"sessions_asked": 6, "sessions_run": 6, "share": 1.0}
    assert own["trades"]["trades"] > 0
    assert {"always flat", "random legal", "fixed bracket", "walk-forward, Phase 1"} < set(
        numbers["results"]
    )
    assert numbers["range"]["seen"] == "held"
    assert numbers["range"]["first_session"] == ranges[0]["test"]["start"]
    assert numbers["null"]["trades"] > 0
    assert numbers["luck"]["trials"]["count"] == 2 * _validations(walked)
    assert own["account"][0]["sessions_asked"] == 6, "one account goes through all tests"
    assert [row["fold"] for row in numbers["folds"]["rows"]] == [1, 2]
    assert sum(row["trades"] for row in numbers["folds"]["rows"]) == own["trades"]["trades"]
    page = (walked / "report.html").read_text("utf-8")
    assert page.count('<section id="folds">') == 1
    assert "2 folds, expanding" in (walked / "summary.txt").read_text()


def _validations(run: Path) -> int:
    return len((run / "fold-01" / "phase2" / "validation.jsonl").read_text().splitlines())


@pytest.mark.thorough
def test_each_fold_trained_on_its_own_range_only(walked) -> None:
    for number, ranges in enumerate(ranges_of(walked), start=1):
        for phase in ("phase1", "phase2"):
            run = walked / f"fold-{number:02}" / phase
            metadata = json.loads((run / "metadata.json").read_text())
            facts = metadata["environment_facts"]
            train = ranges["train"]
            assert (facts["first_date"], facts["last_date"]) == (train["start"], train["end"])
            assert metadata["chosen_by"] == ranges["validation"]


@pytest.mark.thorough
def test_a_fold_by_itself_gives_its_part_of_the_whole(walked, tmp_path, capsys) -> None:
    together = StoredRun.read(walked).daily()
    rows = json.loads((walked / "metrics.json").read_text())["folds"]["rows"]
    for number, ranges in enumerate(ranges_of(walked), start=1):
        run, test = walked / f"fold-{number:02}" / "phase2", ranges["test"]
        assert len(json.loads((run / LOOKS).read_text())) == 1
        step = rows[number - 1]["chosen"].removeprefix("update ")
        arguments = ["evaluate", "--checkpoint", str(run), "--step", step, "--sessions", "20"]
        arguments += ["--start", test["start"], "--end", test["end"], "--no-null"]
        arguments += ["--baselines", "ALWAYS_FLAT", "--out", str(tmp_path)]
        assert main([*arguments, "--run-id", str(number)]) == 0
        alone = StoredRun.read(tmp_path / str(number))
        assert alone.daily().equals(together[test["start"] : test["end"]])
        assert alone.own["mean_daily_pnl"]["mean"] == rows[number - 1]["interval"]["mean"]
        assert alone.numbers["range"]["seen"] == "held"
        # the same look as the walk-forward's, so that it is no further one
        assert alone.numbers["luck"]["trials"]["looks"] == 0
        changed = ["--env-params", '{"contracts": 2}', "--run-id", f"{number}-two"]
        assert main([*arguments, *changed]) == 0
        assert "looked at 2 times with this run" in " ".join(capsys.readouterr().out.split())


@pytest.mark.thorough
def test_killed_behind_a_fold_it_ends_with_the_same_bytes(walked, tmp_path, capsys) -> None:
    folder, log = tmp_path / "killed", tmp_path / "log"
    with log.open("w") as stderr:
        begun = subprocess.Popen(
            [sys.executable, "-c", _KILLED, str(folder)], stderr=stderr, stdout=subprocess.DEVNULL
        )
        while not (folder / "fold-02" / "phase1" / "checkpoints" / "4").is_dir():
            assert begun.poll() is None, log.read_text()
            time.sleep(0.02)
        begun.kill()
        assert begun.wait() == -signal.SIGKILL
    first = (folder / "fold-01" / "fold.json").read_bytes()
    assert main(["walk-forward", "--resume", "--run-dir", str(folder)]) == 0
    assert (folder / "fold-01" / "fold.json").read_bytes() == first
    for name in ("summary.txt", "metrics.json", "report.html"):
        assert (folder / name).read_bytes() == (walked / name).read_bytes(), name
    capsys.readouterr()
    assert main(["walk-forward", "--resume", "--run-dir", str(folder), "--folds", "3"]) == 2
    assert "--folds: the run has 2, asked 3" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--folds", "0"], "--folds 0: at least 1"),
        (["--embargo", "-1"], "--embargo -1: at least 0"),
        (["--train-sessions", "9"], "--train-sessions 9 belongs to --kind rolling"),
        (["--test-start", "2015-02-01", "--test-sessions", "5"], "give one of them"),
        (["--test-start", "2015-02-01", "--test-end", "2015-01-01"], "must follow each other"),
        (["--rules", "nobody"], "--rules nobody: no such rule set"),
        (["--resume"], "--resume needs --run-dir"),
        (["--mirror", "1"], "--mirror 1.0: a share"),
    ],
)
def test_wrong_arguments_are_refused(flags, message, tmp_path, capsys) -> None:
    assert main(["walk-forward", "--out", str(tmp_path / "runs"), *flags]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_too_few_sessions_leave_no_folder(tmp_path, capsys) -> None:
    folder = tmp_path / "run"
    assert main(["walk-forward", "--sessions", "8", "--run-dir", str(folder)]) == 1
    assert "5 folds need more sessions to test on" in capsys.readouterr().err
    assert not folder.exists()
    assert main(["walk-forward", "--resume", "--run-dir", str(tmp_path)]) == 1
    assert "holds no walk-forward: there is no walk-forward.json" in capsys.readouterr().err


def test_each_policy_acts_in_its_turn() -> None:
    def answer(number, obs, mask, key, context):
        return number + 10 * context.state.row

    policies = [jax.tree_util.Partial(answer, jnp.int32(n)) for n in (1, 2, 3)]
    joined = InTurns.of(policies, [0, 0, 2, 1])
    nothing = jnp.zeros(2)
    found = []
    for row in range(4):
        context = Context(cast(Any, SimpleNamespace(row=row)), cast(Any, None))
        found.append(int(joined(nothing, nothing > 0, jax.random.key(0), context)))
    assert found == [1, 11, 23, 32]


def test_a_row_belongs_to_the_fold_that_tests_its_day() -> None:
    market = synthetic_market("NQ", sessions=8, seed=0)
    days = session_dates(market)
    tests = [days[3:5], days[5:8]]
    folds = [
        Fold(
            number=number,
            ranges=cast(Ranges, SimpleNamespace(test=Range.of(test))),
            folder=Path(),
            trained=cast(Any, None),
        )
        for number, test in enumerate(tests, start=1)
    ]
    found = turns(market, folds)
    date = np.asarray(market.date).astype("datetime64[D]")
    for place, test in enumerate(tests):
        assert set(found[np.isin(date, test)]) == {place}

"""Stopped anywhere, resumed from the folder alone; looks at held sessions are counted."""

import json
import shutil
import signal
import subprocess
import sys
import time

import pytest

from eval_tools.cli.commands.pipeline import run_pipeline
from eval_tools.cli.main import main
from tests.eval_tools.pipeline.small_run import best_step, small

_KILLED = """
import sys
from pathlib import Path
from eval_tools.cli.commands.pipeline import run_pipeline
from tests.eval_tools.pipeline.small_run import small

config = small(run_dir=Path(sys.argv[1]), resume=sys.argv[2] == "resume")
run_pipeline(config)
"""


@pytest.mark.thorough
def test_killed_in_any_stage_it_ends_with_the_same_numbers(run, tmp_path) -> None:
    folder = tmp_path / "killed"
    marks = [
        lambda said: (folder / "phase1" / "checkpoints" / "4").is_dir(),
        lambda said: (folder / "phase2" / "checkpoints" / "4").is_dir(),
        lambda said: "test ..." in said,
    ]
    for number, reached in enumerate(marks):
        log = tmp_path / f"{number}.log"
        with log.open("w") as stderr:
            begun = subprocess.Popen(
                [sys.executable, "-c", _KILLED, str(folder), "resume" if number else "begin"],
                stderr=stderr,
                stdout=subprocess.DEVNULL,
            )
            while not reached(log.read_text()):
                assert begun.poll() is None, log.read_text()
                time.sleep(0.02)
            begun.kill()
            assert begun.wait() == -signal.SIGKILL
    assert not (folder / "metadata.json").exists()
    run_pipeline(small(run_dir=folder, resume=True))
    for name in ("summary.txt", "metrics.json"):
        assert (folder / name).read_bytes() == (run / name).read_bytes(), name


@pytest.mark.thorough
def test_resume_needs_the_folder_alone(run, capsys) -> None:
    arguments = ["pipeline", "--resume", "--run-dir", str(run)]
    assert main(arguments) == 0
    assert (run / "summary.txt").read_text() in capsys.readouterr().out
    assert main([*arguments, "--timesteps", "500", "--sessions", "30"]) == 2
    said = capsys.readouterr().err
    assert "--timesteps: the run has 1000, asked 500" in said
    assert "--sessions: the run has 20, asked 30" in said


@pytest.mark.thorough
def test_a_changed_market_is_not_gone_on_with(run, tmp_path, capsys) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    (copy / "metadata.json").unlink()
    (copy / "market.npz").write_bytes(b"other")
    assert main(["pipeline", "--resume", "--run-dir", str(copy)]) == 1
    assert "market.npz is not what stage market of the run had written" in capsys.readouterr().err


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["metrics.jsonl", "checkpoint"])
def test_a_changed_training_is_not_gone_on_with(run, name: str, tmp_path, capsys) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    (copy / "metadata.json").unlink()
    checkpoint = copy / "phase1" / "checkpoints" / str(best_step(run, 1))
    file = copy / "phase1" / name
    if name == "checkpoint":
        file = max(checkpoint.rglob("*"), key=lambda one: one.stat().st_size * one.is_file())
    file.write_bytes(file.read_bytes() + b" ")
    assert main(["pipeline", "--resume", "--run-dir", str(copy)]) == 1
    assert f"{file} is not what stage phase1 of the run had written" in capsys.readouterr().err


@pytest.mark.thorough
def test_every_other_look_at_held_sessions_is_counted(run, tmp_path, capsys) -> None:
    arguments = ["evaluate", "--checkpoint", str(run / "phase2"), "--sessions", "20"]
    arguments += ["--baselines", "ALWAYS_FLAT", "--out", str(tmp_path)]
    arguments += ["--step", str(best_step(run))]
    for contracts, times in ((2, 2), (3, 3), (2, 2)):
        changed = ["--env-params", json.dumps({"contracts": contracts})]
        assert main([*arguments, *changed]) == 0
        assert f"looked at {times} times with this run" in " ".join(capsys.readouterr().out.split())


def test_resume_says_what_it_lacks(tmp_path, capsys) -> None:
    assert main(["pipeline", "--resume"]) == 2
    assert "--resume needs --run-dir" in capsys.readouterr().err
    assert main(["pipeline", "--resume", "--run-dir", str(tmp_path)]) == 1
    assert "holds no pipeline: there is no pipeline.json" in capsys.readouterr().err

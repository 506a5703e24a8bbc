"""Commands on the checkpoints of a run."""

import json

import numpy as np
import pandas as pd
import pytest

from eval_tools.cli.main import main
from eval_tools.cli.sources import Bars, open_market
from futures_env import save_market
from ppo_agent.cli.commands import main as ppo_agent_main
from tests.eval_tools.pipeline.small_run import best_step


@pytest.mark.thorough
def test_a_checkpoint_trained_under_another_warm_up_is_refused(run, tmp_path, capsys) -> None:
    """By both commands, whether the market was saved under it or is made under it."""
    short = open_market(Bars(sessions=20, warm_up_sessions=8), seed=0)
    saved = save_market(short, tmp_path / "short.npz")
    checkpoint = ["--checkpoint", str(run / "phase2"), "--out", str(tmp_path / "runs")]
    for bars in (["--data", str(saved)], ["--sessions", "20", "--warm-up-sessions", "8"]):
        assert main(["evaluate", *checkpoint, *bars]) == 2
        said = capsys.readouterr().err
        assert "('bar-19/volume',) against ('bar-19/volume(8 sessions)',)" in said
        assert "Use the phase, window, warm-up and features of the training run" in said
    kwargs = json.dumps({"market": str(saved)})
    env = ["--env", "futures_env:FuturesNQ-Phase2", "--env-kwargs", kwargs]
    assert ppo_agent_main(["eval", *env, "--path", str(run / "phase2")]) == 2
    assert "volume(8 sessions)" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


@pytest.mark.thorough
def test_evaluate_a_checkpoint_from_the_command_line(run, tmp_path, capsys) -> None:
    saved = save_market(open_market(Bars(sessions=20), seed=0), tmp_path / "x.npz")
    arguments = ["evaluate", "--checkpoint", str(run / "phase2"), "--data", str(saved)]
    arguments += ["--out", str(tmp_path), "--run-id", "held", "--baselines", "ALWAYS_FLAT"]
    step = best_step(run)
    arguments[3:3] = ["--step", str(step)]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    mine = json.loads((tmp_path / "held" / "metrics.json").read_text())
    demo = json.loads((run / "metrics.json").read_text())
    assert mine["results"]["Phase 2 policy"] == demo["results"]["Phase 2 policy"]
    assert mine["range"] == demo["range"]
    assert mine["range"]["seen"] == "held"
    assert mine["conditions"]["checkpoint"] == f"phase2, step {step}"
    assert mine["data"] == demo["data"]
    assert printed.startswith("Validation of Phase 2 policy")
    assert "(SYNTHETIC MARKET)" in printed.splitlines()[0]
    assert ">SYNTHETIC MARKET</span>" in (tmp_path / "held" / "report.html").read_text("utf-8")

    assert main(arguments) == 1
    assert "never overwritten" in capsys.readouterr().err
    assert main([*arguments[:-4], "--start", "2015-02-03"]) == 2
    assert " of the 19 sessions from 2015-02-03" in capsys.readouterr().err
    assert main([*arguments[:-4], "--symbol", "ES"]) == 2
    assert "symbol is ES, but the market says NQ" in capsys.readouterr().err
    wrong = [*arguments, "--phase", "1", "--run-id", "other"]
    assert main(wrong) == 2
    assert "trained on 231 observation columns, the environment has 225" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()


@pytest.mark.thorough
def test_decisions_of_a_checkpoint_as_csv(run, tmp_path, capsys) -> None:
    file = tmp_path / "today.csv"
    arguments = ["decisions", str(run / "phase2"), "--sessions", "20", "--csv", str(file)]
    assert main(arguments) == 0
    found = capsys.readouterr()
    assert "449 decisions" in found.out
    assert "does not place orders" in found.err
    first, *_ = file.read_text().splitlines()
    assert first.startswith("# Research only")
    table = pd.read_csv(file, comment="#")
    assert np.allclose(table.filter(regex="^p_").sum(axis=1), 1.0, atol=1e-6)
    replay = pd.read_parquet(run / "replay.parquet")
    last = replay[replay["slice"] == replay["slice"].unique()[-2]]
    assert table["time"].iloc[0] < str(last["time"].iloc[0])
    acted = table.loc[:, "action"].str.replace("_", " ").to_numpy()[:-1]
    assert (acted == last["action"].to_numpy()).all()
    assert main(arguments) == 2
    assert "nothing is overwritten" in capsys.readouterr().err

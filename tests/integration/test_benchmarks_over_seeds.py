"""The experiments over seeds run end to end, tiny, and subtract what they say they subtract."""

import json
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import auto_adjust, seeds, transfer
from benchmarks.edge_market import FROM_SCRATCH, EdgeMarket
from ppo_agent.config import FINE_TUNING

TINY = [
    *("--seeds", "2", "--sessions", "20", "--ppo.num-envs", "8", "--ppo.num-steps", "16"),
    *("--ppo.hidden-sizes", "8"),
]


def test_paired_interval_is_that_of_the_differences_of_seeds_with_both():
    ours = [{"x": value} for value in (1.0, 12.0, None, 33.0, 44.0)]
    theirs = [{"x": value} for value in (0.0, 10.0, 20.0, 30.0, None)]
    found = seeds.paired(ours, theirs, "x")
    assert (found.mean, found.seeds) == (2.0, 3)
    # the arms vary by tens, their differences by 1; no resample leaves the range of the values
    assert (found.low, found.high) == pytest.approx((1.0, 3.0))


def test_interval_over_seeds_covers_its_mean_about_95_percent_of_the_time():
    draws = np.random.default_rng(0).normal(size=(200, 5))
    covered = [low <= 0.0 <= high for low, high in map(seeds.interval, draws)]
    assert 0.9 <= np.mean(covered) <= 0.99


def test_figures_that_do_not_exist_are_left_out_of_the_table():
    arms = {"on": [{"x": 1.0}, {"x": 3.0}], "off": [{"x": None}, {"x": 2.0}]}
    assert seeds.markdown(arms, [("on", "off")]).splitlines() == [
        "|          | x                 |",
        "|----------|-------------------|",
        "| on       | 2.00 [1.00, 3.00] |",
        "| off      | 2.00 (1 seed)     |",
        "| on - off | 1.00 (1 seed)     |",
    ]


@pytest.mark.thorough
def test_transfer_arms_differ_in_their_start_only(tmp_path, capsys):
    """With one update in a tenth, the early reward is that of the untrained start."""
    path = tmp_path / "transfer.json"
    flags = ["--steps", "1280", "--phase1-steps", "2560", "--curriculum", "seed"]
    assert transfer.main([*TINY, *flags, "--json", str(path)]) == 0
    report = json.loads(path.read_text())
    early = {arm: [run["early reward"] for run in runs] for arm, runs in report["runs"].items()}
    assert early["transfer"] == early["transfer, same"] != early["scratch"]
    assert early["scratch"] == early["scratch, long"]
    assert early["scratch"][0] != early["scratch"][1]
    final = {arm: [run["final reward"] for run in runs] for arm, runs in report["runs"].items()}
    assert len({tuple(values) for values in final.values()}) == 5
    assert "| transfer, same - scratch, long " in capsys.readouterr().out
    assert report["settings"]["finetune"] == FINE_TUNING


@pytest.mark.thorough
def test_each_rule_fires_in_its_setting(tmp_path):
    path = tmp_path / "auto_adjust.json"
    flags = ["--steps", "2560", "--adjust-every", "2", "--json", str(path)]
    assert auto_adjust.main([*TINY, *flags, "--rules", "entropy down", "floor up"]) == 0
    rules = json.loads(path.read_text())["rules"]
    for rule, moved in (("entropy down", "lowered"), ("floor up", "raised")):
        runs = rules[rule]["runs"]
        assert all(run[moved] >= 2 for run in runs["on"])
        assert all(run["raised"] == run["lowered"] == 0 for run in runs["off"])
    still = rules["floor up"]["runs"]["off"]
    assert all(run["trades"] == 0 and run["held USD/trade"] is None for run in still)


@pytest.mark.thorough
def test_entropy_up_moves_nothing_but_its_field():
    """A target that no policy of three actions reaches fires the rule from the first window on."""
    setting = auto_adjust.SETTINGS["entropy up"]
    out_of_reach = replace(setting, changed=setting.changed | {"entropy_target": 3.0})
    tiny = replace(FROM_SCRATCH, num_envs=8, num_steps=16, hidden_sizes=(8,))
    options = auto_adjust.Options(steps=2560, adjust_every=2, sessions=20, ppo=tiny)
    market = EdgeMarket.draw(options, seed=0)
    figures = auto_adjust.run(options, out_of_reach, market, 0, on=True)
    assert (figures["raised"], figures["lowered"]) == (10, 0)

"""A benchmark refuses a wrong command line in one sentence, before it measures or trains."""

from types import ModuleType
from typing import get_args

import pytest

from benchmarks import (
    against,
    auto_adjust,
    clients,
    curricula,
    generalisation,
    lateness,
    learning,
    market_scores,
    masks,
    no_edge,
    overhead,
    scaling,
    throughput,
    time_to_edge,
    transfer,
    two_markets,
    update_parts,
)
from futures_env.registration import environment_ids

FEW_SEEDS = "--seeds must be at least 2, got"


@pytest.mark.parametrize(
    ("benchmark", "flags", "told"),
    [
        (throughput, "--num-envs 0", "--num-envs must be at least 1, got 0"),
        (throughput, "--mode raw blocks --num-envs 1000 1500", "multiples of 1,000, not 1,500"),
        (throughput, "--json {folder}", "is a folder"),
        (throughput, "--json {folder}/no/t.json", "no such folder"),
        (throughput, "--plot {folder}/t.foo", "must end in .svg, .png, .pdf"),
        (against, "no-such-commit", "git knows none called no-such-commit"),
        (learning, "--json {folder}/no/x.json", "no such folder"),
        (learning, "--seeds 1", f"{FEW_SEEDS} 1"),
        (learning, "--steps 8191", "--steps must be at least 8,192, got 8,191"),
        (transfer, "--seeds 0", f"{FEW_SEEDS} 0"),
        (transfer, "--phase1-steps 5", "--phase1-steps must be at least 32,768, got 5"),
        (transfer, "--json {folder}", "is a folder"),
        (auto_adjust, "--seeds 0", f"{FEW_SEEDS} 0"),
        (auto_adjust, "--ppo.num-envs 8 --steps 1023", "--steps must be at least 1,024"),
        (auto_adjust, "--json {folder}/no/x.json", "no such folder"),
        (scaling, "--bars 1000 39", "--bars must be at least 40, got 39"),
        (scaling, "--bars -5", "--bars must be at least 40, got -5"),
        (scaling, "--num-envs 0", "--num-envs must be at least 1, got 0"),
        (scaling, "--repeats 0", "--repeats must be at least 1, got 0"),
        (overhead, "--repeats 0", "--repeats must be at least 1, got 0"),
        (overhead, "--env FuturesXX-Phase1", "--env FuturesXX-Phase1: gymnax.make"),
        (update_parts, "--repeats 0", "--repeats must be at least 1, got 0"),
        (update_parts, "--env FuturesXX-Phase1", "--env FuturesXX-Phase1: gymnax.make"),
        (clients, "--repeats 0", "--repeats must be at least 1, got 0"),
        (market_scores, "{folder}/x --steps 5", "--steps must be at least 32,768, got 5"),
        (market_scores, "{folder}/x --name entry-v0", "--name: known are entry-v1, exit-v1"),
        (market_scores, "{folder}", "is a folder"),
        (masks, "--draws 0", "--draws must be at least 1, got 0"),
        (generalisation, "{folder} --configs best", "--configs: no best; known: default"),
        (generalisation, "{folder} --bound --edge exit", "--bound: entries can be tried"),
        (curricula, "{folder} --arms best", "--arms: no best; known: thin, thin-forced"),
        (curricula, "{folder} --steps 3000001", "--steps must be at most 3,000,000"),
        (lateness, "--steps 32767", "--steps must be at least 1,310,720, got 32,767"),
        (no_edge, "{folder} --runs 0", "--runs must be at least 1, got 0"),
        (time_to_edge, "--trial mine", "--trial, --maskable-trial: known are PureJaxRL, fast"),
        (two_markets, "--strength 0", "--strength must be positive"),
        (two_markets, "--steps 5", "--steps must be at least 32,768, got 5"),
    ],
)
def test_refused(benchmark: ModuleType, flags: str, told: str, tmp_path, capsys):
    with pytest.raises(SystemExit) as refused:
        benchmark.main(flags.format(folder=tmp_path).split())
    assert refused.value.code == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert told in sentence


@pytest.mark.parametrize(
    ("flags", "known"),
    [("--symbol XX", ("NQ", "MES", "Multi")), ("--mode fast", ("raw", "autoreset"))],
)
def test_unknown_choices_are_refused_with_the_known_ones(
    flags: str, known: tuple[str, ...], capsys
):
    with pytest.raises(SystemExit) as refused:
        throughput.main(flags.split())
    assert refused.value.code == 2
    told = capsys.readouterr().err
    assert all(choice in told for choice in known)


def test_throughput_knows_every_symbol():
    assert set(get_args(throughput.Symbol)) == {symbol for symbol, _ in environment_ids().values()}


def test_default_sizes_of_blocks_are_whole_blocks(monkeypatch, capsys):
    ran = []
    row = {"mode": "blocks", "phase": 1, "num_envs": 1_000, "error": "not run"}
    monkeypatch.setattr(throughput, "on_accelerator", lambda: True)
    monkeypatch.setattr(throughput, "spawn", lambda args, *case: ran.append(case) or row)
    with pytest.raises(SystemExit):
        throughput.main(["--mode", "blocks", "--phase", "1"])
    assert ran == [("blocks", 1, count) for count in (1_000, 5_000, 10_000)]

"""The benchmark of generalisation: its oracle, its figures, and that it goes on where it was."""

import json
from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks import generalisation
from eval_tools import Baseline, baseline
from eval_tools.controls.planted import Plant, PlantedMarket, SignalPolicy

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def market() -> PlantedMarket:
    return PlantedMarket.draw(Plant(edge="entry", strength=10.0, sessions=40, seed=3, window=2))


def test_the_oracle_earns_what_was_planted(market: PlantedMarket) -> None:
    found = market.play(market.oracle, market.held_sessions)
    assert found.usd / found.trades > 75.0  # half of ten round turns of 15 USD
    assert found.extra_trades == 0.0
    assert found.taken_rightly == 1.0
    assert 0.6 < found.flat_at_signals < 1.0
    never = market.play(SignalPolicy(jnp.float32(20.0)), market.held_sessions)
    assert (never.usd, never.trades, never.flat_at_signals) == (0.0, 0.0, 1.0)


def test_a_policy_that_never_rests_trades_besides_the_signal(market: PlantedMarket) -> None:
    found = market.play(baseline(Baseline.ALWAYS_LONG), market.held_sessions)
    assert found.extra_trades > 5.0
    assert found.extra_trades < found.trades
    assert found.flat_at_signals < 0.5
    assert found.choice_states < 0.2


def test_managing_is_all_that_counts_of_the_exit_edge(market: PlantedMarket) -> None:
    del market
    plant = Plant(edge="exit", strength=10.0, sessions=40, seed=3, window=2)
    managed = PlantedMarket.draw(plant)
    assert managed.value(managed.oracle, managed.held_sessions) > 100.0
    assert managed.value(baseline(Baseline.ALWAYS_LONG), managed.held_sessions) == 0.0


def test_sessions_add_up_to_what_was_played(market: PlantedMarket) -> None:
    by_session = market.values(market.oracle, market.held_sessions)
    assert by_session.shape == (len(market.held_sessions),)
    assert np.std(by_session) > 0.0
    found = market.play(market.oracle, market.held_sessions)
    assert np.mean(by_session) == pytest.approx(found.usd)


def test_cases_are_run_once_and_tabled(
    tmp_path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    small = {"num_envs": 16, "num_steps": 16, "hidden_sizes": (8,)}
    monkeypatch.setitem(generalisation.CONFIGS, "small", small)
    flags = [str(tmp_path), "--sessions", "20", "--configs", "small", "--steps", "65536"]
    flags += ["--evaluations", "2", "--fresh", "20"]
    assert generalisation.main([*flags, "--seeds", "1"]) == 0
    files = sorted(tmp_path.glob("*.json"))
    first = json.loads(files[0].read_text())
    assert [point["timesteps"] for point in first["curve"]] == [32768, 65536]
    assert first["curve"][-1]["held"] == pytest.approx(first["final"]["held"])
    assert np.isfinite(first["final"]["fresh"])
    low, high = first["intervals"]["held"] or (-np.inf, np.inf)
    assert low <= first["final"]["held"] <= high
    expected = first["played"]["usd"] / first["oracle"]["held"]
    assert first["final"]["held"] == pytest.approx(expected, rel=1e-4)
    monkeypatch.setattr(generalisation, "run_case", lambda case: pytest.fail(f"{case} again"))
    assert generalisation.main([*flags, "--seeds", "1"]) == 0
    assert "| entry | 10.0 | 20 | small | 65536 |" in capsys.readouterr().out
    assert (tmp_path / "history.svg").exists()
    assert (tmp_path / "steps.svg").exists()


def test_cases_of_one_shape_follow_each_other(tmp_path) -> None:
    options = generalisation.Options(
        folder=tmp_path, sessions=(20, 40), seeds=(1, 2), strengths=(3.0, 10.0)
    )
    cases = generalisation.cases_of(options)
    assert [case.plant.sessions for case in cases] == [20] * 4 + [40] * 4
    assert len({case.file for case in cases}) == 8
    other = replace(options, configs=("neither",))
    assert not {case.file for case in cases} & {c.file for c in generalisation.cases_of(other)}

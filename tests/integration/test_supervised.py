"""The supervised bound: its outcomes are the environment's, and it predicts what is unseen."""

import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks import supervised
from benchmarks.outcomes import Outcomes, observations, outcomes
from benchmarks.supervised import Bound, Choice, Ridge, TablePolicy, blocks, entries, traded
from eval_tools.controls.planted import Plant, PlantedMarket
from futures_env import Action

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def market() -> PlantedMarket:
    return PlantedMarket.draw(Plant(edge="entry", strength=10.0, sessions=40, seed=3, window=2))


@pytest.fixture(scope="module")
def tried(market: PlantedMarket) -> Outcomes:
    return outcomes(market.env(market.whole), market.held_sessions)


def table(market: PlantedMarket, rows: np.ndarray, actions: np.ndarray) -> TablePolicy:
    by_row = np.full(market.whole.num_bars, Action.HOLD, np.int32)
    by_row[rows] = actions
    return TablePolicy(jnp.asarray(by_row))


@pytest.mark.parametrize("entry", [Action.BUY, Action.SELL])
def test_an_outcome_is_what_the_entry_earns(
    market: PlantedMarket, tried: Outcomes, entry: Action
) -> None:
    at = np.flatnonzero(tried.legal)[100]
    played = market.play(table(market, tried.rows[[at]], entry), market.held_sessions)
    assert played.trades * len(market.held_sessions) == pytest.approx(1.0)
    expected = tried.usd[at, entry - Action.BUY] / len(market.held_sessions)
    assert played.usd == pytest.approx(expected, rel=1e-5)


def test_trades_one_after_the_other_earn_what_the_environment_pays(
    market: PlantedMarket, tried: Outcomes
) -> None:
    draws = np.random.default_rng(0).integers(0, 60, len(tried.rows))
    actions = np.where(draws <= Action.SELL, draws, Action.HOLD).astype(np.int32)
    played = market.play(table(market, tried.rows, actions), market.held_sessions)
    assert 5.0 < played.trades < np.count_nonzero(actions) / len(market.held_sessions)
    assert traded(tried, actions) == pytest.approx(played.usd, rel=1e-4)


def test_what_is_observed_is_what_a_flat_account_sees(
    market: PlantedMarket, tried: Outcomes
) -> None:
    env = market.env(market.whole)
    found = observations(env, tried.rows)
    assert found.shape == (len(tried.rows), len(env.observation_layout))
    side = env.observation_layout.index("side")
    assert not found[:, side].any()


def test_no_block_is_predicted_from_itself(tried: Outcomes) -> None:
    parts = list(blocks(tried))
    for fit, rest in parts:
        assert not set(tried.session[fit]) & set(tried.session[rest])
        assert tried.legal[fit].all()
    assert sorted(np.concatenate([rest for _, rest in parts])) == list(range(len(tried.rows)))


def test_entries_promise_more_than_costs_and_margin() -> None:
    edge = np.array([30.0, -30.0, 24.0, -24.0, 0.0], np.float32)
    wanted = entries(edge, cost=15.0, margin=10.0)
    assert wanted.tolist() == [Action.BUY, Action.SELL, Action.HOLD, Action.HOLD, Action.HOLD]


def test_the_bound_finds_the_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    """A strong one: 25 sessions to learn from are few."""
    plant = Plant(edge="entry", strength=40.0, sessions=40, seed=3, window=2)
    market = PlantedMarket.draw(plant)
    monkeypatch.setattr(supervised, "MODELS", (Ridge(),))
    bound = Bound.fit(market)
    assert isinstance(bound.choice, Choice)
    held = market.play(bound.policy, market.held_sessions)
    assert held.usd > 0.4 * market.value(market.oracle, market.held_sessions)
    assert held.taken_rightly > 0.5

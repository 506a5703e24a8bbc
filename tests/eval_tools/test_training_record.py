"""Held means held: what a run recorded against the sessions that are evaluated."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eval_tools import TrainingRecord, sessions_between
from eval_tools.cli.commands.evaluate import EvaluateConfig
from eval_tools.cli.held import sessions_to_judge
from eval_tools.cli.subjects import SubjectFlags
from eval_tools.conditions.training import Seen, first_held_date
from futures_env import ArgumentError, concat_markets, session_dates, slice_market, synthetic_market
from futures_env.data.facts import market_facts
from futures_env.market.table import MarketData

SESSIONS = 30


def _market(symbol: str = "NQ", sessions: int = SESSIONS, seed: int = 0) -> MarketData:
    return synthetic_market(symbol, sessions=sessions, seed=seed)


def _real(market: MarketData, source: str) -> MarketData:
    """The same bars, said to come from a file."""
    infos = tuple(replace(one, synthetic=False, source=source) for one in market.infos)
    return MarketData.from_columns(
        contract_table=market.contract_table,
        feature_names=market.feature_names,
        infos=infos,
        **market.columns(),
    )


def _record(trained_on: MarketData | None, **inputs: object) -> TrainingRecord:
    metadata = {"step": 7, "inputs": inputs, "environment_facts": None}
    if trained_on is not None:
        metadata["environment_facts"] = market_facts(trained_on)
    return TrainingRecord.of(Path("runs/first/phase2"), metadata)


@pytest.fixture(scope="module")
def market() -> MarketData:
    return _market()


@pytest.fixture(scope="module")
def days(market) -> list[str]:
    return [str(day) for day in session_dates(market)]


@pytest.fixture(scope="module")
def front(market, days) -> MarketData:
    """The first 20 sessions, that training saw."""
    return slice_market(market, days[0], days[19], 20)


def _judge(record, market, **flags):
    config = EvaluateConfig(subject=SubjectFlags(checkpoint=Path("runs/first/phase2")), **flags)
    return sessions_to_judge(config, record, market, 20)


def test_by_default_the_sessions_behind_an_embargo_are_judged(market, days, front) -> None:
    record = _record(front)
    chosen = _judge(record, market)
    assert [f"{day:%Y-%m-%d}" for day in chosen["date"]] == days[21:]
    found = record.exposure(market, chosen)
    assert (found.seen, found.sessions, found.began_from_agent) == (Seen.HELD, 0, False)
    later = _record(front, initial_state="sha256:0")
    assert later.exposure(market, chosen).began_from_agent


def test_a_session_trained_on_is_refused_by_its_count(market, days, front) -> None:
    record = _record(front)
    start = np.datetime64(days[17]).astype(object)
    with pytest.raises(ArgumentError) as caught:
        _judge(record, market, start=start)
    for words in ("3 of the 13 sessions", days[17], days[0], days[19], "--allow-overlap"):
        assert words in str(caught.value)
    chosen = _judge(record, market, start=start, allow_overlap=True)
    assert len(chosen) == 13
    found = record.exposure(market, chosen)
    assert (found.seen, found.sessions) == (Seen.TRAINED_ON, 3)


def test_a_run_that_saw_everything_leaves_nothing(market, days) -> None:
    with pytest.raises(ValueError, match=f"nothing is held: phase2, step 7 .* {days[-1]}"):
        _judge(_record(market), market)
    assert len(_judge(_record(market), market, allow_overlap=True)) == SESSIONS - 1
    nearly = slice_market(market, days[0], days[-2], 20)
    with pytest.raises(ValueError, match="nothing is held"):
        _judge(_record(nearly), market)


def test_without_a_record_nothing_is_called_held(market) -> None:
    record = _record(None)
    chosen = _judge(record, market)
    assert len(chosen) == SESSIONS - 1
    assert record.exposure(market, chosen).seen == "training range unknown"
    assert str(record) == "training range unknown"


@pytest.mark.parametrize(
    ("symbol", "sessions", "seed", "shared"),
    [
        ("NQ", SESSIONS, 0, True),
        ("NQ", SESSIONS + 5, 0, True),  # more sessions of one recipe begin with the same bars
        ("MNQ", SESSIONS, 0, True),  # the micro of the same index
        ("NQ", SESSIONS, 1, False),
        ("ES", SESSIONS, 0, False),
    ],
)
def test_which_made_up_bars_were_seen(front, symbol, sessions, seed, shared) -> None:
    record, other = _record(front), _market(symbol, sessions, seed)
    found = record.exposure(other, sessions_between(other, 20))
    assert (found.seen == Seen.TRAINED_ON) == shared
    assert (first_held_date(record, other) is not None) == shared


def test_real_bars_of_one_contract_are_one_market_whatever_their_file(market, front) -> None:
    record = _record(_real(front, "2015.csv"))
    bars = _real(market, "other.parquet")
    assert record.exposure(bars, sessions_between(bars, 20)).seen == Seen.TRAINED_ON
    assert record.exposure(market, sessions_between(market, 20)).seen == Seen.HELD


def test_the_same_days_of_another_real_market_are_not_held(market, days, front) -> None:
    """Trained on NQ, judged on ES: by default behind the days of training, else it is said."""
    record = _record(_real(front, "nq.csv"))
    other = _real(_market("ES"), "es.csv")
    chosen = _judge(record, other)
    assert [f"{day:%Y-%m-%d}" for day in chosen["date"]] == days[21:]
    assert record.exposure(other, chosen).seen == Seen.HELD
    asked = _judge(record, other, start=np.datetime64(days[17]).astype(object))
    found = record.exposure(other, asked)
    assert (found.seen, found.sessions) == (Seen.SAME_DAYS, 3)
    early = slice_market(other, days[0], days[19], 20)
    with pytest.raises(ValueError, match="nothing is held"):
        _judge(record, early)
    made_up = _market("ES")
    assert record.exposure(made_up, sessions_between(made_up, 20)).seen == Seen.HELD


def test_joined_markets_count_only_the_contract_that_was_trained_on(market, front) -> None:
    both = concat_markets([market, _market("ES")])
    found = _record(front).exposure(both, sessions_between(both, 20))
    assert found.sessions == 19  # of NQ; the first has no full window


def test_a_schedule_counts_with_its_last_value() -> None:
    record = _record(
        None,
        env_params={"drawdown": 2500.0, "commission_usd": 2.5, "market.bars": "int32[9] sha256:a"},
        params_schedule={"values": {"param/commission_usd": [0.25, 1.0, 2.25]}},
        initial_state="sha256:0",
    )
    assert record.params == {"drawdown": 2500.0, "commission_usd": 2.25}
    assert record.started_from_agent
    assert record.checkpoint == "phase2, step 7"


@pytest.mark.parametrize("path", ["runs/a", "runs/a/checkpoints", "runs/a/checkpoints/12"])
def test_a_checkpoint_is_named_by_its_run(path) -> None:
    assert TrainingRecord.of(Path(path), {"step": 12}).checkpoint == "a, step 12"


def test_the_record_says_where_and_when(front, days) -> None:
    text = str(_record(front, initial_state="sha256:0"))
    assert text == (
        f"{days[0]} to {days[19]}, 20 sessions, NQ rth {SESSIONS} synthetic sessions, seed 0 "
        "(SYNTHETIC); began from another agent, whose range it does not record"
    )

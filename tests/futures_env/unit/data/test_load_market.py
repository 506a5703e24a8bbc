"""Whatever the importer reads, and saved markets; what is said of them must be so."""

from pathlib import Path

import gymnax
import numpy as np
import pandas as pd
import pytest

import futures_env
from futures_env import ArgumentError, MarketData, SessionRule, load_market
from tests.futures_env.unit.data.vendor_files import WRITERS


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "nq.npz"
    return futures_env.save_market(futures_env.synthetic_market(sessions=6), path)


def test_several_files_make_the_market_of_one(frame: pd.DataFrame, tmp_path: Path) -> None:
    """A file a month of one series, in any order."""
    whole = load_market(WRITERS["own"](frame, tmp_path))
    parts = []
    for number, rows in enumerate((frame[:20_000], frame[20_000:])):
        (tmp_path / str(number)).mkdir()
        written = WRITERS["own"](rows, tmp_path / str(number))
        parts.append(written.rename(tmp_path / f"20150{number + 1}.csv.gz"))
    for paths in (parts, parts[::-1], [str(path) for path in parts]):
        market = load_market(paths)
        assert futures_env.market_hash(market) == futures_env.market_hash(whole)
    assert load_market(parts).infos[0].source == "201501.csv.gz, 201502.csv.gz"


def test_a_saved_market_needs_no_word(saved: Path) -> None:
    market = load_market(saved)
    assert market.infos[0].synthetic
    said = load_market([saved], "NQ", "rth", flat_by="16:59", window=20, bar_minutes=1)
    assert futures_env.market_hash(said) == futures_env.market_hash(market)
    assert load_market(saved, session=SessionRule()).infos == market.infos


WRONG = {
    "symbol is ES, but the market says NQ": {"symbol": "ES"},
    "session is globex, but the market says rth": {"session": "globex"},
    "flat_by is 15:00, but the market says 16:59": {"flat_by": "15:00"},
    "entry_cutoff_bars is 0, but the market says 1": {"entry_cutoff_bars": 0},
    "window is 40, but the market says 20": {"window": 40},
    "warm_up_sessions is 9, but the market says 20": {"warm_up_sessions": 9},
    "bar_minutes is 5, but the market says 1": {"bar_minutes": 5},
    "rule is .*globex.*, but the market says .*rth": {"session": SessionRule(session="globex")},
    "not read anew: zone, vendor cannot": {"zone": "UTC", "vendor": "own"},
    "not read anew: second_path cannot": {"second_path": "seconds.csv"},
}


@pytest.mark.parametrize("message", WRONG)
def test_what_contradicts_a_saved_market_is_refused(message: str, saved: Path) -> None:
    """Both values stand in the message, and the file."""
    with pytest.raises(ArgumentError, match=rf"nq.npz: .*{message}"):
        load_market(saved, **WRONG[message])


def test_one_saved_market_at_a_time(saved: Path, tmp_path: Path) -> None:
    for paths in ([saved, saved], [saved, tmp_path / "bars.csv"]):
        with pytest.raises(ArgumentError, match="give one saved market, or files of bars"):
            load_market(paths)


@pytest.fixture(scope="module")
def es() -> MarketData:
    return futures_env.synthetic_market("ES", sessions=6)


def test_an_environment_of_another_symbol_is_refused(es: MarketData) -> None:
    with pytest.raises(ArgumentError, match=r"FuturesNQ-Phase2 trades NQ, the market is of ES .*"
                       r"make FuturesES-Phase2"):  # fmt: skip
        gymnax.make("FuturesNQ-Phase2", market=es)
    with pytest.raises(ArgumentError, match="FuturesMES-Phase1 trades MES, the market is of ES"):
        gymnax.make("FuturesMES-Phase1", market=es)
    assert gymnax.make("FuturesES-Phase2", market=es)[0].name == "FuturesES-Phase2"
    nq = futures_env.synthetic_market("NQ", sessions=6)
    both = futures_env.concat_markets([nq, es])
    assert gymnax.make("FuturesMulti-Phase1", market=both)[1].market.num_markets == 2
    with pytest.raises(ArgumentError, match="trades NQ, the market is of ES"):
        gymnax.make("FuturesNQ-Phase1", market=both)
    columns = es.columns()
    unknown = MarketData.from_columns(contract_table=es.contract_table, **columns)
    np.testing.assert_array_equal(
        gymnax.make("FuturesNQ-Phase1", market=unknown)[1].market.close, es.close
    )

"""Session tables, slices and coverage."""

import numpy as np
import pytest

from eval_tools.policies.baselines import Baseline, baseline
from eval_tools.rollout.episode import (
    CoverageError,
    Episode,
    Slice,
    coverage,
    require_full_coverage,
)
from eval_tools.rollout.sessions import (
    random_slices,
    session_slices,
    session_table,
    sessions_between,
    whole_slices,
)
from eval_tools.rollout.slices import run_slices
from futures_env import concat_markets, slice_market, synthetic_market


def test_the_session_table_tiles_the_market(desk) -> None:
    table = session_table(desk.market)
    assert table["bars"].sum() == desk.market.num_bars
    assert (table["first_row"].to_numpy()[1:] == table["last_row"].to_numpy()[:-1] + 1).all()
    assert np.asarray(desk.market.session_last)[table["last_row"]].all()
    dates = table["date"].to_numpy().astype("datetime64[D]").astype(int)
    assert np.array_equal(dates, np.asarray(desk.market.date)[table["first_row"]])


def test_ranges_by_date(desk) -> None:
    table = session_table(desk.market)
    day = f"{table['date'].iloc[2]:%Y-%m-%d}"
    assert sessions_between(desk.market, 20, day, day)["session"].tolist() == [2]
    assert sessions_between(desk.market, 20)["session"].tolist() == [1, 2, 3, 4, 5]
    assert sessions_between(desk.market, 1)["session"].tolist() == [0, 1, 2, 3, 4, 5]
    with pytest.raises(ValueError, match="no session from 1999-01-01 to 1999-02-01: the market"):
        sessions_between(desk.market, 20, "1999-01-01", "1999-02-01")
    with pytest.raises(ValueError, match="fewer than the window's 20 bars behind it"):
        sessions_between(desk.market, 20, f"{table['date'].iloc[0]:%Y-%m-%d}")


def test_the_context_rows_of_a_slice_are_no_session_of_it(desk) -> None:
    day = f"{session_table(desk.market)['date'].iloc[3]:%Y-%m-%d}"
    cut = slice_market(desk.market, day, "2100-01-01")
    assert len(session_table(cut)) == 4
    kept = sessions_between(cut, 20)
    assert f"{kept['date'].iloc[0]:%Y-%m-%d}" == day
    assert len(kept) == 3


def test_slices_of_several_markets(desk) -> None:
    both = concat_markets([desk.market, synthetic_market("ES", sessions=5, seed=1)])
    sessions = sessions_between(both, 20)
    assert sessions["market"].tolist() == [0] * 5 + [1] * 4
    names = [piece.name for piece in session_slices(sessions)]
    assert len(set(names)) == 9
    whole = whole_slices(sessions)
    assert [piece.name for piece in whole] == ["all/0", "all/1"]
    assert whole[1].first_row > desk.market.num_bars
    assert whole[1].last_row == both.num_bars - 1


def test_random_slices_are_drawn_by_seed_and_stay_in_one_market(desk) -> None:
    both = concat_markets([desk.market, synthetic_market("ES", sessions=5, seed=1)])
    sessions = sessions_between(both, 20)
    drawn = random_slices(sessions, 4, 2, seed=3)
    assert drawn == random_slices(sessions, 4, 2, seed=3)
    assert drawn != random_slices(sessions, 4, 2, seed=4)
    every = random_slices(sessions, 7, 2)
    assert [piece.sessions[0] for piece in every] == [1, 2, 3, 4, 7, 8, 9]
    assert all(piece.sessions[1] == piece.sessions[0] + 1 for piece in every)
    assert every[0].last_row == sessions["last_row"][1]
    with pytest.raises(ValueError, match="8 slices of 2 sessions: 7 start days are there"):
        random_slices(sessions, 8, 2)


def test_coverage_is_counted_and_required(desk) -> None:
    days = session_slices(desk.sessions)
    full = run_slices(desk.env, baseline(Baseline.ALWAYS_FLAT), desk.params, days)
    require_full_coverage(full)
    assert coverage(full).share == 1.0
    partial = [*full[:3], Episode(days[3], full[3].steps.head(5), ())]
    assert coverage(partial).sessions_run == 3
    assert coverage(partial).share == 0.75
    with pytest.raises(CoverageError, match=rf"slice {days[3].name}: 0 of 1 sessions run"):
        require_full_coverage(partial)


@pytest.mark.parametrize(
    ("rows", "names", "message"),
    [
        ([], [], "at least one is needed"),
        ([(30, 40), (50, 60)], ["a", "a"], "names must be unique"),
        ([(30, 30)], ["a"], "no bar after row 30"),
    ],
)
def test_refuses(desk, rows: list, names: list, message: str) -> None:
    slices = [
        Slice(name=name, sessions=(0,), first_row=first, last_row=last)
        for name, (first, last) in zip(names, rows, strict=True)
    ]
    with pytest.raises(ValueError, match=message):
        run_slices(desk.env, baseline(Baseline.ALWAYS_FLAT), desk.params, slices)

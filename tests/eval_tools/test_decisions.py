"""Decisions at every close: those that the evaluation plays, and one more."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from flax import struct

from eval_tools.cli.main import main
from eval_tools.rollout.decisions import decide, decision_table
from eval_tools.rollout.sessions import session_slices
from eval_tools.rollout.slices import run_slices
from futures_env.codes import Action


@struct.dataclass
class Busy:
    """Buys and sells in turn by the bar's number, trails what it holds, says how sure it is."""

    def __call__(self, obs, mask, key, context):
        row = context.state.row
        wanted = jnp.where(row % 7 < 4, Action.BUY, Action.SELL)
        wanted = jnp.where(context.state.side != 0, Action.TRAIL_ON, wanted)
        return jnp.where(mask[wanted], wanted, Action.HOLD).astype(jnp.int32)

    def probabilities(self, obs, mask):
        return jnp.where(mask, 1.0, 0.0) / mask.sum()


@pytest.fixture(scope="module")
def day(desk):
    return session_slices(desk.sessions)[0]


@pytest.fixture(scope="module")
def small(desk):
    return desk.params.replace(drawdown=jnp.float32(700.0))


@pytest.fixture(scope="module")
def decided(desk, day, small):
    return decide(desk.env, Busy(), small, day)


@pytest.fixture(scope="module")
def played(desk, day, small):
    return run_slices(desk.env, Busy(), small, [day], reenter=True)[0].steps


def test_they_are_the_actions_that_the_evaluation_plays(decided, played) -> None:
    assert len(decided.row) == len(played) + 1
    assert np.array_equal(decided.row[:-1], played["row"] - 1)
    assert np.array_equal(decided.action[:-1], played["action"])
    bits = (decided.legal << np.arange(6)).sum(axis=1)
    assert np.array_equal(bits[:-1], played["legal"])
    assert played["attempt"].max() > 0, "accounts are replaced on the way"
    held = np.where(played["side"] != 0, played["contracts"] * played["side"], 0)
    running = played["attempt"].diff(-1) == 0
    assert np.array_equal(decided.position[1:][running], held[running])
    assert np.array_equal(decided.equity_cents[1:][running], played["equity_cents"][running])


def test_the_bracket_is_the_one_that_the_entry_gets(decided, played) -> None:
    entered = played["entry_filled"].to_numpy()
    assert entered.sum() > 5
    for name, column in (
        ("stop_ticks", "entry_stop_ticks"),
        ("target_ticks", "entry_target_ticks"),
        ("contracts", "entry_contracts"),
    ):
        assert np.array_equal(getattr(decided, name)[:-1][entered], played[column][entered])


def test_later_bars_change_nothing(desk, day, small, decided) -> None:
    """The decision at the newest close does not wait for the next bar."""
    cut = replace(day, last_row=day.first_row + 100)
    early = decide(desk.env, Busy(), small, cut)
    for name in ("row", "action", "legal", "stop_ticks", "position", "equity_cents"):
        assert np.array_equal(getattr(early, name), getattr(decided, name)[:101]), name


def test_the_table_says_it_in_prices(decided, small) -> None:
    table = decision_table(decided, small)
    assert list(table.columns[:8]) == [
        "close", "action", "p_hold", "p_buy", "p_sell", "p_stop_to_break_even", "p_trail_on",
        "p_trail_off",
    ]  # fmt: skip
    assert np.allclose(table.filter(regex="^p_").sum(axis=1), 1.0)
    may = table["legal_buy"]
    assert may.any()
    assert not may.all()
    assert table.loc[~may, ["buy_stop", "sell_target"]].isna().all(axis=None)
    assert (table.loc[~may, "contracts"] == 0).all()
    own = table[may]
    assert np.allclose(own["close"] - own["buy_stop"], own["stop_ticks"] * 0.25)
    assert np.allclose(own["buy_target"] - own["close"], own["target_ticks"] * 0.25)
    assert np.allclose(own["sell_stop"] - own["close"], own["close"] - own["buy_stop"])
    assert table["stop"].isna().equals(table["position"] == 0)
    assert set(table["account_status"]) >= {"active"}


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        (["--as-trained", "--rules", "topstep-50k"], 2, "choose one account"),
        (["--sessions", "6"], 1, "absent"),
        (["--csv", "."], 2, "--csv . exists"),
    ],
)
def test_a_wrong_demand_is_one_line(more, code, message, tmp_path, capsys) -> None:
    assert main(["decisions", str(tmp_path / "absent"), *more]) == code
    assert message in capsys.readouterr().err

"""The replay of an episode: table, terminal, page."""

import jax.numpy as jnp
import numpy as np
import pytest
from flax import struct

from eval_tools.cli.main import main
from eval_tools.cli.outcome import write_run
from eval_tools.measures.clock import new_york_time
from eval_tools.policies.baselines import Baseline, baseline
from eval_tools.policies.controls import FixedBracket
from eval_tools.policies.policy import probabilities
from eval_tools.replay.page import failed_episodes, page_replays
from eval_tools.replay.table import FEATURE, before_failure, failures, replay_table
from eval_tools.replay.text import replay_text
from eval_tools.report.artefacts import create_run
from eval_tools.rollout.sessions import session_slices
from eval_tools.rollout.slices import run_slices
from futures_env.codes import Action


@pytest.fixture(scope="module")
def run(failing, tmp_path_factory):
    folder = create_run(tmp_path_factory.mktemp("runs"), "small")
    write_run(folder, failing, {})
    return folder


def test_a_row_tells_what_the_step_recorded(failing) -> None:
    episode, market = failing.subject.sessions[0], failing.market
    table, steps = replay_table(episode, market), episode.steps
    assert len(table) == len(steps)
    at = int(np.flatnonzero(steps["trade_closed"])[0])
    row, step = table.iloc[at], steps.iloc[at]
    assert row["close"] == float(market.close[step["row"]]) * 0.25
    assert row["time"] == new_york_time([market.minute[step["row"]]])[0]
    assert f"{step['exit_price'] * 0.25:,.2f}, {step['trade_pnl_cents'] / 100:+,.2f}" in row["fill"]
    assert row["equity_usd"] - row["floor_usd"] == pytest.approx(row["room_usd"])
    entered = table[steps["entry_filled"].to_numpy()]
    assert (entered["action"] == "buy").all()
    assert entered["fill"].str.startswith("bought 1 at ").all()
    assert (entered["order"] == "buy at the open").all()
    held = table[table["position"] != 0]
    assert (held["stop"] < held["close"]).all()
    assert table["stop"].isna().equals(table["position"] == 0)
    seen = market.features[np.asarray(steps["row"]) - 1]
    assert np.array_equal(table.filter(like=FEATURE).to_numpy(), seen)


def test_the_mask_is_that_of_the_step(failing) -> None:
    episode = failing.subject.sessions[0]
    table = replay_table(episode, failing.market)
    for bits, words in zip(episode.steps["legal"], table["legal"], strict=True):
        wanted = [a.name.lower().replace("_", " ") for a in Action if bits >> a & 1]
        assert words == ", ".join(wanted)


def test_a_failure_has_the_bars_before_it_of_its_account_alone(failing) -> None:
    episode = failing.subject.sessions[0]
    table = replay_table(episode, failing.market)
    found = failures(table)
    assert len(found) == episode.accounts_used - (table["status"].iloc[-1] == "active")
    for at in found:
        part = before_failure(table, at, 60)
        assert len(part) <= 60
        assert part["attempt"].nunique() == 1
        assert part["status"].iloc[-1] == "failed drawdown"
        assert part["room_usd"].iloc[-1] <= 0 < part["room_usd"].iloc[:-1].min()
        assert part["done_reason"].iloc[-1] == "failed drawdown"


def test_the_page_has_every_failed_slice_and_the_days(failing) -> None:
    subject = failing.subject
    failed = failed_episodes([*subject.sessions, *subject.accounts])
    assert [one.slice.name for one in failed][-1] == "all"
    assert len(failed) == 5
    found = page_replays(failed, {"best day": subject.sessions[1]}, failing.market)
    assert len(found) == 6
    assert "failed drawdown" in found[0]["title"]
    assert found[-1]["title"].endswith(": best day")
    for one in found:
        lengths = {len(values) for values in one["bars"].values() if isinstance(values, list)}
        lengths |= {len(values) for values in one["bars"]["saw"].values()}
        assert len(lengths) == 1
    assert max(len(one["bars"]["time"]) for one in found[:-1]) <= 60
    assert found[0]["bars"]["probability"] == [None] * len(found[0]["bars"]["time"])


@struct.dataclass
class Coin:
    """Buys when it may, and says how sure it is."""

    def __call__(self, obs, mask, key, context):
        return jnp.where(mask[Action.BUY], Action.BUY, Action.HOLD).astype(jnp.int32)

    def probabilities(self, obs, mask):
        return jnp.where(mask, 1.0, 0.0) / mask.sum()


def test_the_probability_is_that_of_the_action_taken(desk) -> None:
    slices = session_slices(desk.sessions)[:1]
    (episode,) = run_slices(desk.env, Coin(), desk.params, slices)
    legal = episode.steps["legal"].map(lambda bits: bits.bit_count())
    assert np.allclose(episode.steps["probability"], 1 / legal)
    table = replay_table(episode, desk.market)
    assert "33%" in replay_text(table.iloc[:30])


def test_a_fixed_bracket_says_what_the_entries_are_worth() -> None:
    mask = jnp.array([True, False, False, True, True, False])
    assert probabilities(FixedBracket(Coin()), jnp.zeros(3), mask).tolist() == [1, 0, 0, 0, 0, 0]
    silent = probabilities(baseline(Baseline.ALWAYS_LONG), jnp.zeros(3), mask)
    assert silent.shape == (6,)
    assert jnp.isnan(silent).all()


def test_the_terminal_shows_it_aligned(run, capsys) -> None:
    assert main(["replay", str(run), "--slice", "all", "--last", "8"]) == 0
    _, _, head, *rows = capsys.readouterr().out.splitlines()
    assert head.split()[:3] == ["time", "close", "saw"]
    assert len(rows) <= 8
    end = head.index("floor") + len("floor")
    for row in rows:
        assert row[end - 3] == "."  # 49,300.00 ends where its heading does
        assert row[head.index("fill") - 1] == " "
    assert rows[-1].endswith("failed drawdown")


def test_it_lists_slices_and_picks_events(run, failing, capsys) -> None:
    assert main(["replay", "small", "--out", str(run.parent)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + 4 + 1
    assert "failures" in lines[1]
    name = failing.subject.sessions[0].slice.name
    assert main(["replay", str(run), "--slice", name, "--events"]) == 0
    shown = [line for line in capsys.readouterr().out.splitlines()[3:] if "-- account" not in line]
    steps = failing.subject.sessions[0].steps
    happened = (steps["action"] != 0) | steps["entry_filled"] | steps["trade_closed"]
    assert len(shown) == (happened | (steps["done_reason"] != 0)).sum()


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        (["--slice", "2031-01-01"], 2, "--slice 2031-01-01: small holds 2015-"),
        (["--slice", "all", "--last", "0"], 2, "--last 0: at least 1 bar"),
    ],
)
def test_a_wrong_demand_is_one_line(run, more, code, message, capsys) -> None:
    assert main(["replay", str(run), *more]) == code
    assert message in capsys.readouterr().err


def test_a_folder_without_an_evaluation_is_named(tmp_path, capsys) -> None:
    assert main(["replay", str(tmp_path)]) == 1
    assert f"{tmp_path}: no finished evaluation" in capsys.readouterr().err


def test_a_replay_of_nothing_special_is_as_long_as_its_bars(failing) -> None:
    """A slice whose account never fails has no failure to show."""
    calm = failing.baselines["always flat"]
    assert failed_episodes(calm.sessions) == []
    assert failures(replay_table(calm.sessions[0], failing.market)) == []

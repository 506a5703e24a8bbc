"""Sums of any steps: additive, exits account for trades, forced trades count nowhere else."""

import math

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from futures_env.codes import DoneReason, ExitReason
from futures_env.core.metrics import REDUCTIONS, step_metrics, summarize
from tests.conftest import many_examples

STEPS, ENVS = 40, 8
TERMS = ("pnl", "cost")
compiled = jax.jit(step_metrics)


@st.composite
def infos(draw: st.DrawFn) -> dict:
    """What (STEPS, ENVS) steps report: a trade closes for one reason, ours or forced."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = (STEPS, ENVS)
    closed = rng.random(shape) < draw(st.sampled_from([0.0, 0.1, 1.0]))
    reasons = rng.integers(1, len(ExitReason), shape)
    return {
        "trade_closed": closed,
        "forced_trade": rng.random(shape) < draw(st.sampled_from([0.0, 0.3, 1.0])),
        "trade_pnl_cents": rng.integers(-50_000, 50_000, shape).astype(np.int32),
        "trade_side": np.where(closed, rng.choice([-1, 1], shape), 0).astype(np.int32),
        "fees_cents": rng.integers(0, 3, shape).astype(np.int32) * 250,
        "equity_cents": rng.integers(-900_000, 900_000, shape).astype(np.int32),
        "high_water_mark_cents": rng.integers(900_000, 2_000_000, shape).astype(np.int32),
        "forced_episode": rng.random(shape) < draw(st.sampled_from([0.0, 0.5, 1.0])),
        "entry_filled": rng.random(shape) < 0.2,
        "illegal_action": rng.random(shape) < 0.1,
        "exit_reason": np.where(closed, reasons, ExitReason.NONE).astype(np.int32),
        "done_reason": rng.integers(0, len(DoneReason), shape).astype(np.int32),
        "reward_terms": {name: rng.normal(size=shape).astype(np.float32) for name in TERMS},
    }


def totals(info: dict) -> dict[str, float]:
    """Reduced over all steps, as a learner does it."""
    found = {name: np.asarray(value) for name, value in compiled(info).items()}
    return {
        name: float(value.max(initial=0) if name in REDUCTIONS else value.sum(dtype=float))
        for name, value in found.items()
    }


@given(info=infos())
def test_the_sums_are_those_of_a_ledger(info: dict) -> None:
    """Trades one by one, in cents."""
    own = info["trade_closed"] & ~info["forced_trade"]
    ledger = info["trade_pnl_cents"][own].tolist()
    sums = totals(info)
    assert sums["trades"] == len(ledger)
    assert sums["wins"] == sum(cents > 0 for cents in ledger)
    assert sums["forced_trades"] == np.sum(info["trade_closed"] & info["forced_trade"])
    won, lost = (sum(max(sign * cents, 0) for cents in ledger) for sign in (1, -1))
    assert (sums["gross_profit_cents"], sums["gross_loss_cents"]) == (won, lost)
    assert sums["fees_cents"] == info["fees_cents"][~info["forced_trade"]].sum()
    for name, side in (("long", 1), ("short", -1)):
        of_side = info["trade_pnl_cents"][own & (info["trade_side"] == side)]
        assert sums[f"{name}_trades"] == len(of_side)
        assert sums[f"{name}_pnl_cents"] == of_side.sum()


@given(info=infos())
def test_drawdown_and_breaches_are_those_of_accounts_that_began_flat(info: dict) -> None:
    flat = ~info["forced_episode"]
    fallen = (info["high_water_mark_cents"] - info["equity_cents"])[flat]
    sums = totals(info)
    assert sums["max_drawdown_cents"] == fallen.max(initial=0)
    for kind in ("drawdown", "daily_loss", "time"):
        failed = info["done_reason"] == DoneReason[f"FAILED_{kind.upper()}"]
        assert sums[f"breach_{kind}"] == (failed & flat).sum()
        assert sums[f"done_failed_{kind}"] == failed.sum()


@given(info=infos())
def test_every_trade_has_one_exit_and_every_end_one_reason(info: dict) -> None:
    sums = totals(info)
    assert sum(v for name, v in sums.items() if name.startswith("exit_")) == sums["trades"]
    ends = sum(v for name, v in sums.items() if name.startswith("done_"))
    assert ends == np.sum(info["done_reason"] != DoneReason.RUNNING)
    for name in TERMS:
        wanted = info["reward_terms"][name].sum(dtype=np.float64)
        np.testing.assert_allclose(sums[f"reward_{name}"], wanted, rtol=1e-6)


@given(info=infos(), cut=st.sampled_from([0, 13, STEPS]))
def test_sums_add_up_over_any_cut(info: dict, cut: int) -> None:
    front, back = (jax.tree.map(lambda leaf, p=part: leaf[p], info) for part in
                   (slice(None, cut), slice(cut, None)))  # fmt: skip
    first, second, whole = totals(front), totals(back), totals(info)
    for name, value in whole.items():
        if REDUCTIONS.get(name) == "max":
            assert max(first[name], second[name]) == value
            continue
        np.testing.assert_allclose(first[name] + second[name], value, rtol=1e-9, atol=1e-9)


@given(info=infos())
def test_what_a_forced_trade_brought_changes_no_figure(info: dict) -> None:
    forced = info["trade_closed"] & info["forced_trade"]
    other = info | {
        "trade_pnl_cents": jnp.where(forced, 12_345, info["trade_pnl_cents"]),
        "trade_side": jnp.where(forced, -info["trade_side"], info["trade_side"]),
        "fees_cents": jnp.where(info["forced_trade"], 777, info["fees_cents"]),
        "equity_cents": info["equity_cents"] - 10**6 * info["forced_episode"],
    }
    assert totals(other) == totals(info)


@many_examples
@given(
    wins=st.integers(0, 1000),
    losses=st.integers(0, 1000),
    won=st.integers(1, 10**7),
    lost=st.integers(0, 10**7),
)
def test_ratios_follow_from_the_sums(wins: int, losses: int, won: int, lost: int) -> None:
    profit, loss = (won / 100 if wins else 0.0), (lost / 100 if losses else 0.0)
    sums = {"trades": wins + losses, "wins": wins, "gross_profit_cents": won if wins else 0,
            "gross_loss_cents": lost if losses else 0, "long_trades": losses, "breach_time": 2,
            "breach_drawdown": 1, "fees_cents": 250}  # fmt: skip
    found = summarize(sums)
    assert (found["gross_profit_usd"], found["gross_loss_usd"]) == (profit, loss)
    assert (found["fees_usd"], found["breaches"], found["trades"]) == (2.5, 3, wins + losses)
    assert not [name for name in found if name.endswith("_cents")]
    assert math.isclose(found["pnl_usd"], profit - loss, abs_tol=1e-9)
    if wins + losses:
        assert 0.0 <= found["win_rate"] <= 1.0
        assert math.isclose(found["long_share"], 1.0 - found["win_rate"], abs_tol=1e-12)
        assert math.isclose(found["expectancy_usd"] * (wins + losses), profit - loss, abs_tol=1e-6)
    else:
        assert math.isnan(found["win_rate"])
        assert math.isnan(found["expectancy_usd"])
    if loss:
        assert (found["profit_factor"] > 1.0) == (profit > loss)
    else:
        assert math.isnan(found["profit_factor"])

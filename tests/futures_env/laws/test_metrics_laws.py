"""Sums of any steps: additive, exits account for trades, forced trades count nowhere else."""

import math

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from futures_env.codes import DoneReason, ExitReason
from futures_env.core.metrics import step_metrics, summarize
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
        "entry_filled": rng.random(shape) < 0.2,
        "illegal_action": rng.random(shape) < 0.1,
        "exit_reason": np.where(closed, reasons, ExitReason.NONE).astype(np.int32),
        "done_reason": rng.integers(0, len(DoneReason), shape).astype(np.int32),
        "reward_terms": {name: rng.normal(size=shape).astype(np.float32) for name in TERMS},
    }


def totals(info: dict) -> dict[str, float]:
    """Sums over all steps, as a learner adds them."""
    sums = {name: np.sum(np.asarray(v), dtype=np.float64) for name, v in compiled(info).items()}
    return {name: float(value) for name, value in sums.items()}


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
    np.testing.assert_allclose(sums["gross_profit_usd"], won / 100, rtol=1e-6)
    np.testing.assert_allclose(sums["gross_loss_usd"], lost / 100, rtol=1e-6)


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
        np.testing.assert_allclose(first[name] + second[name], value, rtol=1e-9, atol=1e-9)


@given(info=infos())
def test_what_a_forced_trade_brought_changes_no_figure(info: dict) -> None:
    forced = info["trade_closed"] & info["forced_trade"]
    other = info | {"trade_pnl_cents": jnp.where(forced, 12_345, info["trade_pnl_cents"])}
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
    sums = {"trades": wins + losses, "wins": wins, "gross_profit_usd": profit,
            "gross_loss_usd": loss}  # fmt: skip
    found = summarize(sums)
    assert {name: found[name] for name in sums} == sums
    assert found["pnl_usd"] == profit - loss
    if wins + losses:
        assert 0.0 <= found["win_rate"] <= 1.0
        assert math.isclose(found["expectancy_usd"] * (wins + losses), profit - loss, abs_tol=1e-6)
    else:
        assert math.isnan(found["win_rate"])
        assert math.isnan(found["expectancy_usd"])
    if loss:
        assert (found["profit_factor"] > 1.0) == (profit > loss)
    else:
        assert math.isnan(found["profit_factor"])

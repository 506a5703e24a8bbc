"""The checker, the judged rules and the simulator on accounts worked by hand."""

import gymnax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from eval_tools.accounts.checker import check
from eval_tools.accounts.days import days_of
from eval_tools.accounts.payouts import next_payout
from eval_tools.accounts.verdict import verdict
from futures_env import Action, FuturesEnv, MarketData, account_rules
from futures_env.codes import AccountStatus
from futures_env.market.table import ContractTable
from tests.eval_tools.accounts.golden_apex import INTRADAY, LEGACY
from tests.eval_tools.accounts.golden_apex_eod import END_OF_DAY
from tests.eval_tools.accounts.golden_blocked import MY_FUNDED_FUTURES, TRADEIFY
from tests.eval_tools.accounts.golden_funded import FUNDED
from tests.eval_tools.accounts.golden_raised import TAKE_PROFIT_TRADER, TOPSTEP
from tests.eval_tools.accounts.tables import PRICE, Bar, Golden, path_of, read

FAMILIES = {
    "apex legacy": LEGACY,
    "apex intraday": INTRADAY,
    "apex end of day": END_OF_DAY,
    "apex funded": FUNDED,
    "topstep": TOPSTEP,
    "take profit trader": TAKE_PROFIT_TRADER,
    "my funded futures": MY_FUNDED_FUTURES,
    "tradeify": TRADEIFY,
}
ALL = {
    f"{family} / {name}": one for family, table in FAMILIES.items() for name, one in table.items()
}
POSSIBLE = {name: one for name, one in ALL.items() if not one.forbidden}
ROWS = 24


@pytest.mark.parametrize("family", FAMILIES)
def test_at_least_six_scenarios(family: str) -> None:
    assert len(FAMILIES[family]) >= 6


@pytest.mark.parametrize("name", ALL)
def test_checker_agrees_with_the_table(name: str) -> None:
    golden = ALL[name]
    rules = account_rules(golden.rules)
    found = check(path_of(read(golden.table, rules), rules), rules)
    assert tuple(one.what for one in found) == golden.forbidden, found


@pytest.mark.parametrize("name", ALL)
def test_verdict(name: str) -> None:
    golden = ALL[name]
    rules = account_rules(golden.rules)
    found = verdict(path_of(read(golden.table, rules), rules), rules)
    assert found.outcome == AccountStatus[golden.outcome.upper()]
    assert found.waits_for == golden.waits
    assert tuple((b.rule, b.value, b.allowed) for b in found.breaches) == golden.breaches
    if golden.required is not None:
        assert found.required_profit == round(golden.required * 100)


@pytest.mark.parametrize("name", FAMILIES["apex funded"])
def test_payout(name: str) -> None:
    golden = FUNDED[name]
    rules = account_rules(golden.rules)
    path = path_of(read(golden.table, rules), rules)
    days = days_of(path)
    payout = next_payout(rules, days, path.floor[days.last_bar], golden.number)
    found = payout and (payout.date, payout.amount / 100)
    assert found == golden.payout


SOME = (
    "apex legacy / floor: follows the peak of an open trade and is touched",
    "apex end of day / daily limit: touched at 1,000",
    "topstep / lock: closing balances of 1,999 and 2,001",
)
CHANGED = ("balance", "equity", "high_water_mark", "floor", "status", "exit_reason", "exit_price")


@pytest.mark.parametrize("name", SOME)
@pytest.mark.parametrize("column", CHANGED)
def test_a_wrong_number_anywhere_is_found(name: str, column: str) -> None:
    golden = ALL[name]
    rules = account_rules(golden.rules)
    path = path_of(read(golden.table, rules), rules)
    for bar in range(len(path)):
        values = getattr(path, column).copy()
        values[bar] += 1
        wrong = path.__class__(**{**vars(path), column: values})
        assert any(one.bar in (bar, bar + 1) for one in check(wrong, rules)), bar


# ---- the simulator on the same tables ----------------------------------------------------------


def market_of(bars: list[Bar]) -> MarketData:
    """The bars behind a first quiet one, padded to one shape; the ATR is the next entry's stop."""
    first = Bar(**{**vars(bars[0]), "size": 0, "prices": (PRICE,) * 4, "order": 0})
    rows = [first, *bars]
    rows += [Bar(**{**vars(bars[-1]), "day": 10_000, "size": 0})] * (ROWS - len(rows))
    prices = np.array([bar.prices for bar in rows], np.int32)
    days = np.array([bar.day for bar in rows], np.int32)
    index = np.arange(ROWS, dtype=np.int32)
    segment = (index > len(bars)).astype(np.int32)
    stops = [bar.stop for bar in rows[1:]] + [1]
    return MarketData.from_columns(
        contract_table=ContractTable(
            tick_size=jnp.ones(1, jnp.float32),
            tick_value_cents=jnp.array([100], jnp.int32),
            commission_cents=jnp.zeros(1, jnp.int32),
            slippage_ticks=jnp.zeros(1, jnp.int32),
        ),
        **{name: prices[:, i] for i, name in enumerate(("open", "high", "low", "close"))},
        volume=np.ones(ROWS, np.float32),
        atr=np.array(stops, np.float32),
        features=np.zeros((ROWS, 1), np.float32),
        minute=index,
        date=days,
        session=np.unique(days, return_inverse=True)[1].astype(np.int32),
        segment=segment,
        bars_to_flat=np.zeros(ROWS, np.int32),
        session_last=np.append(days[1:] != days[:-1], True),
        entry_ok=np.ones(ROWS, bool),
        extreme_order=np.array([bar.order for bar in rows], np.int8),
        market=np.zeros(ROWS, np.int8),
        starts=np.zeros(1, np.int32),
        start_offsets=np.array([0, 1], np.int32),
    )


@pytest.fixture(scope="module")
def play():
    """Plays a table in the simulator: (bars, rules) -> columns by name."""
    params = gymnax.make("FuturesNQ-Phase2", rules="topstep-50k")[1].replace(
        commission_usd=jnp.float32(0), slippage_ticks=jnp.int32(0), max_stop_usd=jnp.float32(0),
        stop_slippage_ticks=jnp.int32(0), target_through_ticks=jnp.int32(0),
        stop_atr_multiple=jnp.float32(1), max_steps_in_episode=jnp.int32(10_000),
    )  # fmt: skip
    blank = market_of(read("1 | . | 0 0 0 0 | . | 0 0 0 | active", account_rules("topstep-50k")))
    env = FuturesEnv(2, market=blank, window=1, features=("none",))
    step = jax.jit(lambda state, action, params: env.step_env(KEY, state, action, params)[1::3])

    def played(bars: list[Bar], golden: Golden) -> dict[str, list[int]]:
        own = account_rules(golden.rules).apply(params).replace(market=market_of(bars))
        own = own.replace(end_on_pass=jnp.bool_(False))
        state, rows = env.state_at(0, own), []
        for bar in bars:
            side = {1: Action.BUY, -1: Action.SELL, 0: Action.HOLD}[int(np.sign(bar.size))]
            now = own.replace(
                contracts=jnp.int32(bar.asked), target_ratio=jnp.float32(bar.target / bar.stop)
            )
            state, info = step(state, jnp.int32(side), now)
            rows.append(_seen(state, info, int(np.sign(bar.size))))
        return {name: [row[name] for row in rows] for name in rows[0]}

    return played


KEY = jax.random.key(0)


def _seen(state, info, side: int) -> dict[str, int]:
    return {
        "exit_reason": int(info["exit_reason"]),
        "exit_price": int(info["exit_price"]),
        "entry_side": side * int(info["entry_filled"]),
        "entry_price": int(info["fill_price"]),
        "stop_price": int(info["stop_price"]),
        "balance": int(state.balance_cents),
        "equity": int(state.equity_cents),
        "high_water_mark": int(state.high_water_mark_cents),
        "floor": int(state.floor_cents),
        "status": int(state.account_status),
    }


@pytest.mark.parametrize("name", POSSIBLE)
def test_simulator_agrees_with_the_table(name: str, play) -> None:
    golden = ALL[name]
    rules = account_rules(golden.rules)
    bars = read(golden.table, rules)
    path = path_of(bars, rules)
    for column, values in play(bars, golden).items():
        assert values == getattr(path, column).tolist(), column

"""Small markets and parameters in round numbers, for scenarios worked by hand.

A tick is worth 1 USD, the ATR is 10 ticks, the bracket -10 / +20 ticks, the start balance
10,000 USD with far away limits, all costs 0.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from futures_env.codes import Action, DrawdownMode, ExitReason, ExtremeOrder, Lock, PassTest
from tests.futures_env.reference.engine import ForcedPosition, ReferenceEngine

PRICE = 100  # every scenario begins at this close, and mirrors around it


def tiers(*rows: tuple[float, int, float]) -> dict[str, list]:
    """Tier parameters: (profit from, contracts, daily loss limit) of each used row."""
    padded = [*rows, *[(-1.0, 1, 0.0)] * (5 - len(rows))]
    profit, contracts, limit = map(list, zip(*padded, strict=True))
    return {"tier_profit": profit, "tier_max_contracts": contracts, "tier_daily_loss_limit": limit}


PARAMS: dict[str, Any] = {
    "max_steps_in_episode": 1_000,
    "start_row": 0,
    "end_at_session_close": False,
    "end_on_pass": True,
    "commission_usd": 0.0,
    "slippage_ticks": 0,
    "stop_slippage_ticks": 0,
    "target_through_ticks": 1,
    "stop_atr_multiple": 1.0,
    "target_ratio": 2.0,
    "max_stop_usd": 0.0,
    "contracts": 1,
    "max_contracts": 100,
    "risk_per_trade_usd": 0.0,
    "break_even_min_profit_atr": 0.5,
    "trail_activation_r": 0.0,
    "trail_atr_multiple": 1.0,
    "start_balance": 10_000.0,
    "profit_target": 1_000.0,
    "drawdown": 1_000.0,
    "drawdown_mode": DrawdownMode.INTRADAY,
    "lock": Lock.NONE,
    "daily_loss_limit": 0.0,
    "daily_loss_hard": False,
    "min_days": 0,
    "max_days": 0,
    "pass_test": PassTest.TOUCH,
    **tiers(),
    "forced_position_ratio": 0.0,
    "pnl_scale_usd": 50.0,
    "realized_weight": 1.0,
    "equity_weight": 0.0,
    "target_bonus": 1.0,
    "stop_penalty": 0.1,
    "hold_penalty": 0.005,
    "entry_bonus": 400.0,
    "management_bonus": 300.0,
    "win_bonus": 0.25,
    "loss_penalty": 0.125,
    "breach_penalty": 10.0,
}

QUIET = (100, 101, 99, 100)
"""A bar in which a position at 100 neither leaves nor moves a limit."""

Row = Sequence[int]  # open, high, low, close and, where known, extreme order


def small_market(
    rows: Sequence[Row],
    *,
    sessions: Sequence[int] = (),
    dates: Sequence[int] = (),
    atr: Sequence[float] = (),
    entry_ok: Sequence[bool] = (),
) -> dict[str, np.ndarray]:
    """Leaves of MarketData the engine reads, one market in one segment.

    Args:
        rows: bars behind the row 0, which closes at 100.
        sessions: session of each row, row 0 included; one session unless given.
        dates: trading day of each row; the session unless given.
        atr: ATR of each row; 10 ticks unless given.
        entry_ok: by row; True unless given.
    """
    bars = np.array([(*row, 0)[:5] for row in [QUIET, *rows]], np.int32)
    n = len(bars)
    session = np.array(sessions or [0] * n, np.int32)
    return {
        **{name: bars[:, i] for i, name in enumerate(("open", "high", "low", "close"))},
        "extreme_order": bars[:, 4].astype(np.int8),
        "atr": np.array(atr or [10.0] * n, np.float32),
        "date": np.array(dates or session, np.int32),
        "session": session,
        "segment": np.zeros(n, np.int32),
        "session_last": np.append(session[1:] != session[:-1], bool(sessions)),
        "entry_ok": np.array(entry_ok or [True] * n),
        "market": np.zeros(n, np.int8),
        "tick_value_cents": np.array([100], np.int32),
        "commission_cents": np.array([250], np.int32),
        "slippage_ticks": np.array([2], np.int32),
    }


def mirrored(market: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The market seen in a mirror at 100: highs become lows, low first becomes high first."""
    swapped_order = np.array(
        [ExtremeOrder.UNKNOWN, ExtremeOrder.HIGH_FIRST, ExtremeOrder.LOW_FIRST]
    )
    return market | {
        "open": 2 * PRICE - market["open"],
        "high": 2 * PRICE - market["low"],
        "low": 2 * PRICE - market["high"],
        "close": 2 * PRICE - market["close"],
        "extreme_order": swapped_order[market["extreme_order"]].astype(np.int8),
    }


def mirrored_price(price: int) -> int:
    """A price seen in the mirror; 0 stands for no price."""
    return 2 * PRICE - price if price else 0


def play(
    market: dict[str, np.ndarray],
    actions: Iterable[int],
    *,
    side: int = 1,
    forced: ForcedPosition | None = None,
    changes: Sequence[tuple[int, dict[str, Any]]] = (),
    make_engine: Callable[..., Any] = ReferenceEngine,
    params: Mapping[str, Any] = MappingProxyType({}),
) -> tuple[Any, list[dict[str, Any]]]:
    """Play a scenario written for a long; side -1 plays its mirror image.

    Args:
        market: from ``small_market``.
        actions: one per step, as for a long.
        side: 1 as written, -1 mirrored, BUY and SELL swapped.
        forced: position at reset, as for a long.
        changes: (step, parameter overrides in force from that step on).
        make_engine: what plays; called and used like ReferenceEngine.
        params: overrides of PARAMS.

    Returns:
        The engine after the last step, and each step's info with mirrored prices put back.
    """
    swap = {Action.BUY: Action.SELL, Action.SELL: Action.BUY}
    if side < 0:
        market = mirrored(market)
        forced = forced and forced._replace(side=-forced.side)
    engine = make_engine(market, {**PARAMS, **params}, phase=2)
    engine.reset(0, forced)
    infos = []
    for i, action in enumerate(actions):
        for step, changed in changes:
            if step == i:
                engine.params = {**engine.params, **changed}
        info = engine.step(action if side > 0 else swap.get(Action(action), action))
        if side < 0:
            for name in {"exit_price", "fill_price"}:
                info[name] = mirrored_price(info[name])
        infos.append(info)
    return engine, infos


@dataclass(frozen=True)
class Scenario:
    """Bars after row 0 with what is expected of the last step and of the state after it."""

    rows: list[tuple[int, ...]]
    expect: dict[str, Any]
    params: dict[str, Any] = field(default_factory=dict)
    actions: tuple[Action, ...] = (Action.BUY,)  # then HOLD
    market: dict[str, Any] = field(default_factory=dict)
    play: dict[str, Any] = field(default_factory=dict)


def out(reason: ExitReason, price: int, pnl: int, **more: Any) -> dict[str, Any]:
    """Expected exit, P&L in USD."""
    exit_ = {"exit_reason": reason, "exit_price": price, "trade_pnl_cents": 100 * pnl}
    return {**exit_, "trade_closed": reason != ExitReason.NONE, "side": 0, **more}


def usd(**amounts: float) -> dict[str, int]:
    """Expected amounts of the state, given in USD over the start balance."""
    return {
        f"{name}_cents": round(100 * (PARAMS["start_balance"] + x)) for name, x in amounts.items()
    }


def hwm(x: int) -> dict[str, int]:
    """Expected high-water mark in USD over the start balance."""
    return usd(high_water_mark=x)


def observed(scenario: Scenario, side: int, **how: Any) -> dict[str, Any]:
    """What a scenario expects something of, as seen after playing it; mirrored prices put back."""
    actions = (*scenario.actions, *[Action.HOLD] * len(scenario.rows))[: len(scenario.rows)]
    market = small_market(scenario.rows, **scenario.market)
    engine, infos = play(market, actions, side=side, params=scenario.params, **scenario.play, **how)
    seen = vars(engine) | infos[-1]
    if side < 0:
        prices = ("entry_price", "stop_price", "target_price")
        seen |= {name: mirrored_price(seen[name]) for name in prices} | {"side": -engine.side}
    return {key: seen[key] for key in scenario.expect}

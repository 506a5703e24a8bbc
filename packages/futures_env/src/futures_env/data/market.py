"""From checked bars to ``MarketData``: indicators on the full history, then the session filter."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from futures_env.data import calendar
from futures_env.data.bars import Bars
from futures_env.features import indicators, pipeline
from futures_env.features.pipeline import FEATURES, Feature, History
from futures_env.market.columns import COLUMNS
from futures_env.market.info import MarketInfo, SessionRule
from futures_env.market.instruments import instrument
from futures_env.market.table import ContractTable, MarketData

SESSIONS_BESIDES = 5
"""Fewest trading days of history behind the warm-up."""


@dataclass(frozen=True, kw_only=True)
class _Clock:
    """Where each bar stands in its trading day, by the calendar only."""

    day: NDArray[np.int64]  # (T,) days since 1970-01-01
    clock: NDArray[np.int64]  # (T,) minutes since the day's 18:00 start
    flat: NDArray[np.int64]  # (T,) the day's flat-by time on that clock
    tradable: NDArray[np.bool_]  # (T,) inside the session
    session_left: NDArray[np.float64]  # (T,) share of the session left at the bar's end


def _read_clock(bars: Bars, rule: SessionRule) -> _Clock:
    day, clock = calendar.trading_day(bars.minute)
    flat = np.minimum(
        calendar.clock(rule.flat_by), calendar.close_clock(bars.symbol, day, bars.early_close) - 1
    )
    end = clock + bars.bar_minutes
    length = np.maximum(flat - rule.open_clock, 1)
    return _Clock(
        day=day,
        clock=clock,
        flat=flat,
        tradable=(clock >= rule.open_clock) & (end <= flat),
        session_left=np.clip((flat - end) / length, 0.0, 1.0),
    )


def history(bars: Bars, rule: SessionRule) -> History:
    """What features may read: roll-free prices and indicators on every bar of the source."""
    where = _read_clock(bars, rule)
    new_day = np.diff(where.day, prepend=where.day[:1]) > 0
    high, low, close = (
        (price + bars.adjustment).astype(np.float64) for price in (bars.high, bars.low, bars.close)
    )
    return History(
        open=(bars.open + bars.adjustment).astype(np.float64),
        high=high,
        low=low,
        close=close,
        volume=bars.volume,
        atr=indicators.atr(high, low, close, new_day),
        minute_of_day=(where.clock + calendar.DAY_START) % calendar.DAY,
        day=np.cumsum(new_day, dtype=np.int64),
        session_left=where.session_left,
        bar_minutes=bars.bar_minutes,
        minute=bars.minute,
        tradable=where.tradable,
    )


def contract_table(symbols: Sequence[str]) -> ContractTable:
    """Contract specifications of the given markets, one row each."""
    contracts = [instrument(symbol) for symbol in symbols]
    return ContractTable(
        tick_size=jnp.asarray(np.array([one.tick_size for one in contracts], np.float32)),
        tick_value_cents=jnp.asarray(
            np.array([one.tick_value_cents for one in contracts], np.int32)
        ),
        commission_cents=jnp.asarray(
            np.array([one.commission_cents for one in contracts], np.int32)
        ),
        slippage_ticks=jnp.asarray(np.array([one.slippage_ticks for one in contracts], np.int32)),
    )


def find_starts(
    segment: NDArray[Any], market: NDArray[Any], window: int, first_row: int = 0
) -> NDArray[np.int64]:
    """Rows where an episode may begin.

    A full window lies behind the row in the same market (features carry no roll jump, so it may
    reach into the contract before) and at least one tradable bar ahead in the same segment.
    """
    rows = np.arange(len(segment))
    behind = rows - np.searchsorted(market, market) >= window - 1
    ahead = np.append(segment[1:] == segment[:-1], False)
    return np.flatnonzero(behind & ahead & (rows >= first_row))


def build_market(
    bars: Bars, rule: SessionRule | None = None, features: Sequence[str | Feature] = FEATURES
) -> MarketData:
    """Build the tradable table of one market.

    Rows before the warm-up of every feature are left out. ``window - 1`` rows at the start of the
    table serve as context only: no episode starts there.

    Args:
        bars: the full history of one market.
        rule: session, flat-by time, entry cut-off and window.
        features: names or own features, in column order.

    Raises:
        ValueError: fewer than 5 sessions behind the warm-up, or nothing left after filtering.
    """
    rule = rule or SessionRule()
    past, where = history(bars, rule), _read_clock(bars, rule)
    sessions = int(past.day[-1]) + 1 if len(bars) else 0
    least = rule.warm_up_sessions + SESSIONS_BESIDES
    if sessions < least:
        raise ValueError(
            f"{bars.symbol}: the bars hold {sessions} sessions, at least {least} are needed "
            f"({rule.warm_up_sessions} warm up the volume and atr features); give a longer history "
            "or fewer warm_up_sessions (5 to 20), on the command line --warm-up-sessions"
        )
    table, warm = pipeline.compute(past, features, rule.warm_up_sessions)
    kept = np.flatnonzero(where.tradable & warm)
    if len(kept) <= rule.window:
        raise ValueError(
            f"{bars.symbol}: only {len(kept)} {rule.session} bars after the warm-up; give a longer "
            "history or another session"
        )
    columns = _clock_columns(where, kept, bars.bar_minutes, rule.entry_cutoff_bars)
    segment = np.unique(bars.segment[kept], return_inverse=True)[1]
    market = np.zeros(len(kept), np.int8)
    starts = find_starts(segment, market, rule.window)
    for name in ("open", "high", "low", "close", "minute"):
        columns[name] = getattr(bars, name)[kept].astype(np.int32)
    columns |= {
        "volume": bars.volume[kept].astype(np.float32),
        "atr": past.atr[kept].astype(np.float32),
        "segment": segment.astype(np.int32),
        "extreme_order": bars.extreme_order[kept],
        "market": market,
        "starts": starts.astype(np.int32),
        "start_offsets": np.array([0, len(starts)], np.int32),
    }
    return MarketData.from_columns(
        **columns,
        features=table[kept],
        contract_table=contract_table([bars.symbol]),
        feature_names=tuple(feature.name for feature in pipeline.resolve(features)),
        infos=(
            MarketInfo(
                symbol=bars.symbol,
                rule=rule,
                bar_minutes=bars.bar_minutes,
                source=bars.source,
                synthetic=bars.synthetic,
                early_close=calendar.as_given(bars.early_close),
            ),
        ),
    )


def _clock_columns(
    where: _Clock, kept: NDArray[np.int64], bar_minutes: int, entry_cutoff_bars: int
) -> dict[str, NDArray[Any]]:
    """Leaves that follow from the clock, and from which rows are there."""
    day = where.day[kept]
    session = np.cumsum(np.diff(day, prepend=day[:1]) > 0)
    to_flat = ((where.flat - where.clock)[kept] - bar_minutes) // bar_minutes
    return {
        "date": day.astype(np.int32),
        "session": session.astype(np.int32),
        "bars_to_flat": to_flat.astype(np.int32),
        "session_last": np.append(np.diff(session) > 0, True),
        "entry_ok": to_flat - 1 >= entry_cutoff_bars,
    }


def concat_markets(markets: Sequence[MarketData]) -> MarketData:
    """Join markets of unequal length into one table, in the given order.

    Sessions, segments, starts and market rows are renumbered; two parts of the same symbol stay
    two markets. Feature names and infos are kept where every market knows its own.

    Raises:
        ValueError: no market given, or different features.
    """
    if not markets:
        raise ValueError("concat_markets needs at least one market")
    names = _common_names(markets)
    if len(warm_ups := {market.warm_up_sessions for market in markets}) > 1:
        raise ValueError(f"markets differ in their warm_up_sessions: {sorted(warm_ups)}")
    parts, rows, sessions, segments, tables, starts = [], 0, 0, 0, 0, 0
    for market in markets:
        part = market.columns()
        shifts = {"session": sessions, "segment": segments, "market": tables, "starts": rows}
        part |= {name: part[name].astype(np.int64) + shift for name, shift in shifts.items()}
        # every part but the first gives its offsets without the leading 0
        part["start_offsets"] = part["start_offsets"][bool(parts) :] + starts
        parts.append(part)
        rows += market.num_bars
        sessions = int(part["session"][-1]) + 1
        segments = int(part["segment"][-1]) + 1
        tables += market.num_markets
        starts += len(part["starts"])
    table = jax.tree.map(
        lambda *leaves: jnp.concatenate(leaves), *(market.contract_table for market in markets)
    )
    columns = {name: np.concatenate([part[name] for part in parts]) for name in COLUMNS}
    known = all(market.infos for market in markets)
    infos = tuple(info for market in markets for info in market.infos) if known else ()
    return MarketData.from_columns(
        contract_table=table, feature_names=names, infos=infos, **columns
    )


def _common_names(markets: Sequence[MarketData]) -> tuple[str, ...]:
    """Feature names of the joined table; empty where a market does not know its own."""
    widths = {market.padded_features.shape[1] for market in markets}
    if len(widths) > 1:
        raise ValueError(f"markets differ in their number of features: {sorted(widths)}")
    known = sorted({market.feature_names for market in markets if market.feature_names})
    if len(known) > 1:
        lists = " and ".join(f"({', '.join(names)})" for names in known)
        raise ValueError(
            f"markets differ in their features: {lists}; build them with the same features in the "
            "same order"
        )
    return known[0] if all(market.feature_names for market in markets) else ()


def market_hash(market: MarketData) -> str:
    """SHA-256 over names, types, shapes and bytes of all leaves: the identity of a market.

    The feature names count too: the same numbers under other names are another market.
    """
    digest = hashlib.sha256(f"feature_names {market.feature_names}\n".encode())
    leaves = {f".{name}": values for name, values in market.columns().items()}
    for name, values in vars(market.contract_table).items():
        leaves[f".contract_table.{name}"] = np.asarray(values)
    for name, values in leaves.items():
        digest.update(f"{name} {values.dtype} {values.shape}\n".encode())
        digest.update(np.ascontiguousarray(values).data)
    return digest.hexdigest()

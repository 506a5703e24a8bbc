"""Pytrees of the simulator: market data, account state, parameters."""

from dataclasses import fields

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct
from gymnax.environments import environment
from numpy.typing import ArrayLike

from futures_env.bar_table import PACKED, WORDS, column, pack_rows

FEATURE_PADDING = 64
"""Rows of zeros behind the last bar's features.

An observation is one contiguous slice of the features, as long as the window and everything that
follows it; the account is then written over the slice's end. Behind the last bar it needs room.
"""


@struct.dataclass(kw_only=True)
class ContractTable:
    """Contract specifications, one row per market (M rows)."""

    tick_size: jax.Array  # (M,) float32, price units per tick
    tick_value_cents: jax.Array  # (M,) int32, cents per tick and contract
    commission_cents: jax.Array  # (M,) int32, cents per side and contract
    slippage_ticks: jax.Array  # (M,) int32, ticks adverse on market and stop fills


@struct.dataclass(kw_only=True)
class MarketData:
    """One flat table of tradable bars; markets and contract segments follow one another.

    T bars, F features, K episode starts, M markets. Rows of one session are contiguous and
    a segment (one market, one contract) changes only between sessions.

    Made with ``from_columns``; every column can be read by its name, alone or in ``columns``.
    """

    bars: jax.Array  # (T, 8) int32, see bar_table; its columns are the properties below
    features: jax.Array  # (T + FEATURE_PADDING, F) float32, scale-free, within [-10, 10]
    volume: jax.Array  # (T,) float32, contracts
    session: jax.Array  # (T,) int32, increasing
    segment: jax.Array  # (T,) int32, increasing; a change is the end of the data of an episode
    bars_to_flat: jax.Array  # (T,) int32, bars to the flat-by time by the clock
    starts: jax.Array  # (K,) int32, rows where an episode may begin, ordered by market
    start_offsets: jax.Array  # (M + 1,) int32, starts[o[m]:o[m + 1]] belong to market m
    contract_table: ContractTable
    # names of the feature columns, static; empty: not known, nothing is compared
    feature_names: tuple[str, ...] = struct.field(pytree_node=False, default=())

    @classmethod
    def from_columns(
        cls,
        *,
        contract_table: ContractTable,
        feature_names: tuple[str, ...] = (),
        **columns: ArrayLike,
    ) -> "MarketData":
        """Build a market from its columns.

        Args:
            contract_table: one row per market.
            feature_names: of the feature columns; empty when not known.
            **columns: every name in ``COLUMNS``; ``features`` is (T, F), without padding.

        Raises:
            ValueError: a missing or unknown column, one of another length or out of range.
        """
        if wrong := set(columns) ^ set(COLUMNS):
            raise ValueError(f"missing or unknown columns: {', '.join(sorted(wrong))}")
        host = {name: np.asarray(values) for name, values in columns.items()}
        table = host["features"].astype(np.float32)
        for name in PER_BAR:
            if len(host[name]) != len(table):
                raise ValueError(f"{name} has {len(host[name])} rows, features {len(table)}")
        if max(table.size + FEATURE_PADDING * table.shape[1], len(table) * WORDS) > 2**31 - 1:
            raise ValueError(f"{len(table):,} bars are too many for 32-bit addresses; use fewer")
        own = (*(name for name in PER_BAR if name not in (*PACKED, "features")), *STARTS)
        types = {name: np.float32 if name == "volume" else np.int32 for name in own}
        return cls(
            bars=jnp.asarray(pack_rows(host, host["session"], host["segment"])),
            features=jnp.asarray(np.pad(table, ((0, FEATURE_PADDING), (0, 0)))),
            contract_table=contract_table,
            feature_names=feature_names,
            **{name: jnp.asarray(host[name].astype(types[name])) for name in own},
        )

    def columns(self) -> dict[str, np.ndarray]:
        """Every column by name, on the host: what ``from_columns`` takes."""
        return {
            name: np.asarray(self.bar_features if name == "features" else getattr(self, name))
            for name in COLUMNS
        }

    def with_columns(self, **changed: ArrayLike) -> "MarketData":
        """A copy with some columns replaced; see ``from_columns``."""
        return MarketData.from_columns(
            contract_table=self.contract_table,
            feature_names=self.feature_names,
            **(self.columns() | changed),
        )

    @property
    def open(self) -> jax.Array:
        """(T,) int32, ticks."""
        return column(self.bars, "open")

    @property
    def high(self) -> jax.Array:
        """(T,) int32, ticks."""
        return column(self.bars, "high")

    @property
    def low(self) -> jax.Array:
        """(T,) int32, ticks."""
        return column(self.bars, "low")

    @property
    def close(self) -> jax.Array:
        """(T,) int32, ticks."""
        return column(self.bars, "close")

    @property
    def atr(self) -> jax.Array:
        """(T,) float32, ticks, Wilder ATR(14) over bars <= t."""
        return column(self.bars, "atr")

    @property
    def minute(self) -> jax.Array:
        """(T,) int32, bar start, minutes since 1970-01-01 UTC."""
        return column(self.bars, "minute")

    @property
    def date(self) -> jax.Array:
        """(T,) int32, trading day, days since 1970-01-01."""
        return column(self.bars, "date")

    @property
    def session_last(self) -> jax.Array:
        """(T,) bool, last row present in its session; never observed."""
        return column(self.bars, "session_last")

    @property
    def entry_ok(self) -> jax.Array:
        """(T,) bool, by the clock: the next bar lies in the entry window."""
        return column(self.bars, "entry_ok")

    @property
    def extreme_order(self) -> jax.Array:
        """(T,) int8, ExtremeOrder."""
        return column(self.bars, "extreme_order")

    @property
    def market(self) -> jax.Array:
        """(T,) int8, row of the contract table."""
        return column(self.bars, "market")

    @property
    def bar_features(self) -> jax.Array:
        """Features of the bars, (T, F) float32: ``features`` without its padding."""
        return self.features[: self.num_bars]

    @property
    def num_bars(self) -> int:
        """Number of rows T."""
        return self.bars.shape[0]

    @property
    def num_markets(self) -> int:
        """Number of rows M of the contract table."""
        return self.contract_table.tick_size.shape[0]


PER_BAR = ("open", "high", "low", "close", "volume", "atr", "features", "minute", "date",
           "session", "segment", "bars_to_flat", "session_last", "entry_ok", "extreme_order",
           "market")  # fmt: skip
STARTS = ("starts", "start_offsets")
COLUMNS = (*PER_BAR, *STARTS)
"""Columns of a market: one value per bar, and where episodes start."""


@struct.dataclass(kw_only=True)
class EnvParams(environment.EnvParams):
    """Everything that may change without a recompile: 0-d leaves and the market.

    Money is in US dollars (float32), converted to whole cents once per step. Every field but
    ``market`` can carry a batch axis under ``jax.vmap`` (see ``futures_env.params_in_axes``).
    """

    market: MarketData
    # episode
    max_steps_in_episode: jax.Array  # ty: ignore[incompatible-attribute-override]  # () int32, bars
    start_row: jax.Array  # () int32, -1: random among market.starts
    end_at_session_close: jax.Array  # () bool
    end_on_pass: jax.Array  # () bool
    # costs and fills
    commission_usd: jax.Array  # () float32, per side and contract; negative: the contract table's
    slippage_ticks: jax.Array  # () int32, market fills; negative: the contract table's
    stop_slippage_ticks: jax.Array  # () int32, stop fills; negative: the contract table's
    target_through_ticks: jax.Array  # () int32, ticks beyond the target for a fill
    # orders
    stop_atr_multiple: jax.Array  # () float32
    target_ratio: jax.Array  # () float32, target distance / stop distance
    max_stop_usd: jax.Array  # () float32, per contract; 0: no cap
    contracts: jax.Array  # () int32
    max_contracts: jax.Array  # () int32
    risk_per_trade_usd: jax.Array  # () float32; 0: fixed contracts
    break_even_min_profit_atr: jax.Array  # () float32
    trail_activation_r: jax.Array  # () float32, in initial stop distances
    trail_atr_multiple: jax.Array  # () float32
    # account rules
    start_balance: jax.Array  # () float32, USD
    profit_target: jax.Array  # () float32, USD
    drawdown: jax.Array  # () float32, USD
    drawdown_mode: jax.Array  # () int32, DrawdownMode
    lock: jax.Array  # () int32, Lock
    daily_loss_limit: jax.Array  # () float32, USD; 0: none
    daily_loss_hard: jax.Array  # () bool
    min_days: jax.Array  # () int32, sessions traded before a pass
    max_days: jax.Array  # () int32, calendar days; 0: none
    pass_test: jax.Array  # () int32, PassTest
    # curriculum
    forced_position_ratio: jax.Array  # () float32, probability of an open position at reset
    # reward
    pnl_scale_usd: jax.Array  # () float32
    realized_weight: jax.Array  # () float32
    equity_weight: jax.Array  # () float32
    target_bonus: jax.Array  # () float32
    stop_penalty: jax.Array  # () float32
    hold_penalty: jax.Array  # () float32
    entry_bonus: jax.Array  # () float32
    management_bonus: jax.Array  # () float32
    win_bonus: jax.Array  # () float32
    loss_penalty: jax.Array  # () float32
    breach_penalty: jax.Array  # () float32


SCALAR_FIELDS = tuple(field.name for field in fields(EnvParams) if field.name != "market")
"""The fields of EnvParams that may carry a batch axis."""


@struct.dataclass(kw_only=True)
class EnvState(environment.EnvState):
    """Position, orders and account after the bar ``row``. All leaves are 0-d."""

    time: jax.Array  # ty: ignore[incompatible-attribute-override]  # () int32, steps since reset
    row: jax.Array  # () int32, last closed bar
    # position: all 0 when flat
    side: jax.Array  # () int32, +1 long, -1 short, 0 flat
    contracts: jax.Array  # () int32
    entry_price: jax.Array  # () int32, ticks
    stop_price: jax.Array  # () int32, ticks
    target_price: jax.Array  # () int32, ticks
    initial_stop_ticks: jax.Array  # () int32
    bars_held: jax.Array  # () int32
    trailing: jax.Array  # () bool
    break_even_moved: jax.Array  # () bool
    entry_commission_cents: jax.Array  # () int32, charged when the position was opened
    forced: jax.Array  # () bool, the position was given at reset
    carried_pnl_cents: jax.Array  # () int32, open P&L of a forced position at reset
    rewarded_management: jax.Array  # () int32, bit set of management actions rewarded this trade
    # account
    balance_cents: jax.Array  # () int32, net of commissions paid
    equity_cents: jax.Array  # () int32, balance + open P&L at the close
    high_water_mark_cents: jax.Array  # () int32, running peak of marked equity
    floor_cents: jax.Array  # () int32, never falls
    session_start_cents: jax.Array  # () int32, balance when the session began
    account_status: jax.Array  # () int8, AccountStatus
    entries_paused: jax.Array  # () bool, by the daily loss limit, until the next session
    days_traded: jax.Array  # () int32, sessions with an entry
    traded_this_session: jax.Array  # () bool
    first_date: jax.Array  # () int32, trading day of the bar of the reset

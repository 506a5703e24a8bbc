"""The market: one flat table of bars, and how it is made from columns."""

import dataclasses
from typing import Any

import jax
import jax.core
import jax.numpy as jnp
import numpy as np
from flax import struct
from numpy.typing import ArrayLike

from futures_env.market.columns import COLUMNS, checked_columns
from futures_env.market.host_only import HostOnly
from futures_env.market.info import MarketInfo
from futures_env.market.packing import WORDS, column, pack_rows

BEHIND_WINDOW = 192
"""An observation is at most this much longer than its window: 128 markets and the account.

It is one contiguous slice of the features, as long as the whole observation; the account is written
over its end. Behind the last bar the slice needs room, so rows of zeros follow the features.
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

    Made with ``from_columns`` and changed with ``with_columns``. Every column can be read by its
    name; most are unpacked anew at every access, so keep what you use often.
    """

    bars: jax.Array  # (T, 8) int32, see packing.py
    padded_features: jax.Array  # (T + P, F) float32, then P rows of zeros, see BEHIND_WINDOW
    volume: jax.Array  # (T,) float32, contracts
    bars_to_flat: jax.Array  # (T,) int32, bars to the flat-by time by the clock
    starts: jax.Array  # (K,) int32, rows where an episode may begin, ordered by market
    start_offsets: jax.Array  # (M + 1,) int32, starts[o[m]:o[m + 1]] belong to market m
    contract_table: ContractTable
    # names of the feature columns, static; empty: not known, nothing is compared
    feature_names: tuple[str, ...] = struct.field(pytree_node=False, default=())
    # see ``infos``; neither compared nor hashed, so that it never causes a recompile
    carried: HostOnly = struct.field(pytree_node=False, default=HostOnly(()))

    def __post_init__(self) -> None:
        if isinstance(self.bars, jax.core.Tracer):
            object.__setattr__(self, "carried", HostOnly(()))

    @property
    def infos(self) -> tuple[MarketInfo, ...]:
        """What is known of each market, one per row of the contract table; empty: nothing.

        Copies, slices, joints and ``jax.tree.map`` keep it. It stays on the host: inside a traced
        function, and on a market that one returns, it is empty.
        """
        return self.carried.value

    @property
    def warm_up_sessions(self) -> int:
        """Sessions that warmed up the features: 20 unless the infos say otherwise."""
        return next((info.rule.warm_up_sessions for info in self.infos), 20)

    @classmethod
    def from_columns(
        cls,
        *,
        contract_table: ContractTable,
        feature_names: tuple[str, ...] = (),
        infos: tuple[MarketInfo, ...] = (),
        **columns: ArrayLike,
    ) -> "MarketData":
        """Build a market from its columns.

        Args:
            contract_table: one row per market, at most 128.
            feature_names: of the feature columns; empty when not known.
            infos: one per row of the contract table; empty when not known.
            **columns: every name in ``COLUMNS``; ``features`` is (T, F). Of ``session`` and
                ``segment`` only the changes count: they are numbered from 0.

        Raises:
            ValueError: naming the column, and where it can the row, that is missing, unknown, of
                another length, not whole, or out of range.
        """
        num_markets = len(contract_table.tick_size)
        if len(infos) not in (0, num_markets):
            raise ValueError(f"{len(infos)} infos for {num_markets} markets: one each, or none")
        host = checked_columns(columns, num_markets, feature_names)
        features = host["features"]
        padding = -(-BEHIND_WINDOW // features.shape[1])
        if (len(features) + padding) * max(features.shape[1], WORDS) > 2**31 - 1:
            raise ValueError(f"{len(features):,} bars are too many for 32-bit addresses; use fewer")
        return cls(
            bars=jnp.asarray(pack_rows(host)),
            padded_features=jnp.asarray(np.pad(features, ((0, padding), (0, 0)))),
            contract_table=contract_table,
            feature_names=tuple(feature_names),
            carried=HostOnly(tuple(infos)),
            **{name: jnp.asarray(host[name])
               for name in ("volume", "bars_to_flat", "starts", "start_offsets")},
        )  # fmt: skip

    def columns(self) -> dict[str, np.ndarray]:
        """Every column by name, on the host: what ``from_columns`` takes."""
        host = jax.device_get(self)  # NumPy unpacks without compiling a kernel for each column
        return {name: np.asarray(getattr(host, name)) for name in COLUMNS}

    def with_columns(self, **changed: ArrayLike) -> "MarketData":
        """A copy with some columns replaced; see ``from_columns``."""
        return MarketData.from_columns(
            contract_table=self.contract_table,
            feature_names=self.feature_names,
            infos=self.infos,
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
    def session(self) -> jax.Array:
        """(T,) int32, from 0, increasing."""
        return ((column(self.bars, "session_age") == 0).cumsum() - 1).astype("int32")

    @property
    def segment(self) -> jax.Array:
        """(T,) int32, from 0, increasing; a change is the end of the data of an episode."""
        ends = column(self.bars, "segment_last").astype("int32")
        return (ends.cumsum() - ends).astype("int32")

    @property
    def features(self) -> jax.Array:
        """(T, F) float32, scale-free, within [-10, 10]."""
        return self.padded_features[: self.num_bars]

    @property
    def num_bars(self) -> int:
        """Number of rows T."""
        return self.bars.shape[0]

    @property
    def num_markets(self) -> int:
        """Number of rows M of the contract table."""
        return self.contract_table.tick_size.shape[0]


def _replace(self: MarketData, **changes: Any) -> MarketData:
    """A copy with some fields or columns replaced; columns as by ``with_columns``."""
    columns = {name: changes.pop(name) for name in COLUMNS if name in changes}
    changed = self.with_columns(**columns) if columns else self
    return dataclasses.replace(changed, **changes)


# flax writes its own ``replace`` over one in the class body
setattr(MarketData, "replace", _replace)  # noqa: B010

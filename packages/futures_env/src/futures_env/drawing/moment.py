"""One state of the account in a trader's units, with the bars behind it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from futures_env.codes import AccountStatus
from futures_env.market.packing import CLOSE, HIGH, LOW, MINUTE, OPEN, column
from futures_env.types import EnvParams, EnvState

NEW_YORK = ZoneInfo("America/New_York")
BARS = 60
"""Most bars of a picture."""
SIDES = {0: "flat", 1: "long", -1: "short"}


@dataclass(frozen=True, kw_only=True)
class Moment:
    """After a closed bar. Prices in points; ``entry``, ``stop`` and ``target`` NaN when flat."""

    time: datetime  # the last bar's start, New York
    bars: NDArray[np.float64]  # (B, 4) open, high, low, close, the last one just closed
    decimals: int
    side: int
    contracts: int
    bars_held: int
    entry: float
    stop: float
    target: float
    floor: float  # the price at which equity meets the floor; NaN when flat
    open_usd: float
    equity_usd: float
    floor_usd: float
    status: str


def moment(state: EnvState, params: EnvParams) -> Moment:
    """Read ``state``, scalar leaves, on the market of ``params``."""
    market, row = params.market, int(state.row)
    words = np.asarray(market.bars[max(0, row - BARS + 1) : row + 1])
    number = int(column(words[-1], "market"))
    tick = float(str(np.asarray(market.contract_table.tick_size)[number]))
    tick_cents = int(market.contract_table.tick_value_cents[number])
    held = int(state.side) != 0
    balance, floor = int(state.balance_cents), int(state.floor_cents)

    def price(ticks: float) -> float:
        return ticks * tick if held else float("nan")

    return Moment(
        time=datetime.fromtimestamp(int(words[-1, MINUTE]) * 60, UTC).astimezone(NEW_YORK),
        bars=words[:, [OPEN, HIGH, LOW, CLOSE]] * tick,
        decimals=len(np.format_float_positional(tick, trim="-").partition(".")[2]),
        side=int(state.side),
        contracts=int(state.contracts),
        bars_held=int(state.bars_held),
        entry=price(int(state.entry_price)),
        stop=price(int(state.stop_price)),
        target=price(int(state.target_price)),
        floor=price(_floor_ticks(state, balance - floor, tick_cents)),
        open_usd=(int(state.equity_cents) - balance) / 100,
        equity_usd=int(state.equity_cents) / 100,
        floor_usd=floor / 100,
        status=AccountStatus(int(state.account_status)).name.lower(),
    )


def _floor_ticks(state: EnvState, cushion_cents: int, tick_cents: int) -> float:
    """The price at which the position has lost the cushion above the floor."""
    per_tick = max(int(state.contracts), 1) * tick_cents
    return int(state.entry_price) - int(state.side) * cushion_cents / per_tick

"""Planted edges: a visible volume signal, and the drift that follows it.

About once in half an hour of the cash session a minute trades far more (sign +1) or far less
(sign -1) than usual: the ``volume`` feature shows it at the close of that minute.

- ``entry``: the next ``LEG`` minutes drift in the direction of the sign.
- ``exit``: they drift likewise, and the ``LEG`` minutes after them drift all the way back, so
  a fixed bracket gives most of the move back and a stop trailed from its end keeps it.

Strength 0 keeps the signal and drops the drift: the zero-edge twin.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from futures_env.data import calendar
from futures_env.market.instruments import instrument

FloatArray = NDArray[np.float64]

BLOCK = 30
"""Minutes per signal."""
LEG = 10
"""Minutes of drift."""
LOG_VOLUME = 2.0
"""Size of the signal: log of the factor on the minute's volume."""
QUIET = 0.3
"""Factor on the noise of log-volume, so that signals stand clear of it."""
ENTRY_DRIFT = 1.33
"""Ticks of drift per tick of gross oracle P&L (measured: scripts/measure_synthetic.py)."""
EXIT_DRIFT = 3.2
"""The same for the gain of the exit oracle over the fixed bracket."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What one trading day plants."""

    log_volume: FloatArray  # (T,) added to the log of the volume
    drift: FloatArray  # (T,) expected ticks per bar
    volume_noise: float  # factor on the noise of log-volume


def round_turn_ticks(symbol: str) -> float:
    """Cost of a round turn in ticks: both commissions, and slippage on both market fills."""
    contract = instrument(symbol)
    commissions = 2.0 * contract.commission_cents / contract.tick_value_cents
    return commissions + 2.0 * contract.slippage_ticks


def drift_ticks(symbol: str, edge: str, strength: float) -> float:
    """Ticks of one leg for an edge of the given strength; 0 for strength 0."""
    cost = round_turn_ticks(symbol)
    if edge == "exit":
        return EXIT_DRIFT * strength * cost
    return ENTRY_DRIFT * (1.0 + strength) * cost if strength > 0.0 else 0.0


def plan(rng: np.random.Generator, edge: str, strength: float, symbol: str, bars: int) -> Plan:
    """Draw the signals of one trading day.

    Args:
        rng: source of randomness; untouched without an edge.
        edge: ``"none"``, ``"entry"`` or ``"exit"``.
        strength: in round-turn costs.
        symbol: for the costs.
        bars: minutes of the day.
    """
    if edge == "none":
        return Plan(log_volume=np.zeros(bars), drift=np.zeros(bars), volume_noise=1.0)
    result = Plan(log_volume=np.zeros(bars), drift=np.zeros(bars), volume_noise=QUIET)
    blocks = np.arange(calendar.clock("09:30"), calendar.clock("16:00"), BLOCK)
    minutes = blocks + rng.integers(0, BLOCK, len(blocks))
    signs = 2 * rng.integers(0, 2, len(blocks)) - 1
    leg = drift_ticks(symbol, edge, strength) / LEG
    free = 0
    for minute, sign in zip(minutes.tolist(), signs.tolist(), strict=True):
        if minute < free or minute + 2 * LEG >= bars:
            continue
        free = minute + 2 * LEG + 1
        result.log_volume[minute] = sign * LOG_VOLUME
        result.drift[minute + 1 : minute + 1 + LEG] = sign * leg
        if edge == "exit":
            result.drift[minute + 1 + LEG : minute + 1 + 2 * LEG] = -sign * leg
    return result

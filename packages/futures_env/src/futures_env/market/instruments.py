"""Contract specifications of the supported futures, as data.

Tick sizes and values are the exchanges'; commissions are per side and contract: 2.50 USD for the
minis, half of the Rithmic all-in round turn for the micros (docs/account_rules.md, Contracts).
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Instrument:
    """One row of the contract table.

    Attributes:
        symbol: root symbol, e.g. ``"NQ"``.
        exchange: listing exchange.
        tick_size: price units per tick.
        tick_value_cents: cents of a US dollar per tick and contract.
        commission_cents: default commission in cents per side and contract.
        slippage_ticks: default adverse ticks on market and stop fills.
        round_turn_cents: all-in round turn by broker, in cents: (Rithmic, Tradovate).
        micro: whether this is a micro contract.
        may_be_negative: whether prices at or below zero are possible.
    """

    symbol: str
    exchange: str
    tick_size: float
    tick_value_cents: int
    commission_cents: int
    slippage_ticks: int
    round_turn_cents: tuple[int, int]
    micro: bool = False
    may_be_negative: bool = False


def _mini(
    symbol: str,
    exchange: str,
    tick: float,
    value: int,
    slippage: int,
    round_turn: tuple[int, int],
    may_be_negative: bool = False,
) -> Instrument:
    return Instrument(
        symbol=symbol,
        exchange=exchange,
        tick_size=tick,
        tick_value_cents=value,
        commission_cents=250,
        slippage_ticks=slippage,
        round_turn_cents=round_turn,
        may_be_negative=may_be_negative,
    )


def _micro(of: Instrument, symbol: str, value: int, round_turn: tuple[int, int]) -> Instrument:
    return Instrument(
        symbol=symbol,
        exchange=of.exchange,
        tick_size=of.tick_size,
        tick_value_cents=value,
        commission_cents=round_turn[0] // 2,
        slippage_ticks=of.slippage_ticks,
        round_turn_cents=round_turn,
        micro=True,
        may_be_negative=of.may_be_negative,
    )


_INDEX_ROUND_TURN = (398, 310)
_ES = _mini("ES", "CME", 0.25, 1250, 1, _INDEX_ROUND_TURN)
_NQ = _mini("NQ", "CME", 0.25, 500, 1, _INDEX_ROUND_TURN)
_RTY = _mini("RTY", "CME", 0.10, 500, 2, _INDEX_ROUND_TURN)
_YM = _mini("YM", "CBOT", 1.0, 500, 2, _INDEX_ROUND_TURN)
_CL = _mini("CL", "NYMEX", 0.01, 1000, 2, (396, 334), may_be_negative=True)
_GC = _mini("GC", "COMEX", 0.10, 1000, 2, (462, 354))

INSTRUMENTS: dict[str, Instrument] = {
    contract.symbol: contract
    for contract in (
        _ES,
        _NQ,
        _RTY,
        _YM,
        _CL,
        _GC,
        _micro(_ES, "MES", 125, (102, 104)),
        _micro(_NQ, "MNQ", 50, (102, 104)),
        _micro(_RTY, "M2K", 50, (102, 104)),
        _micro(_YM, "MYM", 50, (102, 104)),
        _micro(_CL, "MCL", 100, (102, 134)),
        _micro(_GC, "MGC", 100, (152, 134)),
    )
}
"""All supported instruments by symbol."""


def is_micro(tick_size: float, tick_value_cents: int) -> bool:
    """Whether a row of a contract table is one of the micros.

    Tick size and value tell the instruments apart; an unknown contract counts as a mini.
    """
    return any(
        row.micro
        and abs(row.tick_size - tick_size) < 1e-6
        and row.tick_value_cents == tick_value_cents
        for row in INSTRUMENTS.values()
    )


def instrument(symbol: str) -> Instrument:
    """Look up an instrument by its root symbol.

    Raises:
        ValueError: naming the symbols that exist.
    """
    try:
        return INSTRUMENTS[symbol]
    except KeyError:
        known = ", ".join(INSTRUMENTS)
        raise ValueError(f"no such symbol: {symbol!r}; known symbols: {known}") from None

"""Environment ids: symbols by phases."""

from futures_env.market.instruments import INSTRUMENTS
from futures_env.phases import PHASES


def environment_ids() -> dict[str, tuple[str, int]]:
    """(symbol, phase) by environment id: Futures{SYMBOL}-Phase{1,2} and FuturesMulti."""
    symbols = (*INSTRUMENTS, "Multi")
    return {
        f"Futures{symbol}-Phase{phase}": (symbol, phase) for symbol in symbols for phase in PHASES
    }

"""The scalars behind the bar window of an observation (docs/environments/rules.md, section 9)."""

from futures_env.codes import Action
from tests.futures_env.reference.engine import ReferenceEngine

BARS_PER_SESSION = 390


def scalars(engine: ReferenceEngine) -> list[float]:
    """Account block, and in Phase 2 the management and validity blocks.

    Distances are positive on the side where the order waits: below a long's close for its stop,
    above it for its target.
    """
    mask = engine.mask()
    close, atr = engine.close, float(engine.atr)
    side, in_position = engine.side, engine.side != 0
    account = [
        side,
        side * (close - engine.entry_price) / atr,
        side * (close - engine.stop_price) / atr,
        side * (engine.target_price - close) / atr,
        engine.bars_held / BARS_PER_SESSION,
    ]
    if len(mask) == 3:
        return account
    room = (engine.equity_cents - engine.floor_cents) / engine.rules.drawdown
    management = [engine.trailing, engine.break_even_moved, min(max(room, 0.0), 2.0)]
    validity = [mask[Action.BUY], mask[Action.STOP_TO_BREAK_EVEN], in_position]
    return [float(x) for x in account + management + validity]

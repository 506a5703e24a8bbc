"""Environment ids known to ``gymnax.make``."""

from collections.abc import Sequence
from functools import cache, partial
from typing import Any

import gymnax

from futures_env.data.market import concat_markets
from futures_env.data.synthetic.market import synthetic_market
from futures_env.env import FuturesEnv
from futures_env.features.pipeline import FEATURES, Feature
from futures_env.market.info import ArgumentError
from futures_env.market.instruments import INSTRUMENTS
from futures_env.market.table import MarketData
from futures_env.phases import PHASES

MULTI_SYMBOLS = ("NQ", "ES")
"""Markets of the default FuturesMulti environments."""


@cache
def _default_market(symbol: str, window: int, features: tuple[str | Feature, ...]) -> MarketData:
    if symbol == "Multi":
        parts = [_default_market(name, window, features) for name in MULTI_SYMBOLS]
        return concat_markets(parts)
    return synthetic_market(symbol=symbol, window=window, features=features)


def _make(
    env_id: str,
    symbol: str,
    phase: int,
    *,
    market: MarketData | None = None,
    window: int = 20,
    features: Sequence[str | Feature] = FEATURES,
    **options: Any,
) -> FuturesEnv:
    if market is None:
        market = _default_market(symbol, window, tuple(features))
    elif symbol != "Multi":
        _check_symbol(env_id, symbol, market)
    return FuturesEnv(
        phase, market=market, window=window, features=features, name=env_id, **options
    )


def _check_symbol(env_id: str, symbol: str, market: MarketData) -> None:
    """Refuse a market of another symbol than the id's.

    Raises:
        ArgumentError: naming both.
    """
    found = next((info.symbol for info in market.infos if info.symbol != symbol), symbol)
    if found != symbol:
        other = env_id.replace(symbol, found, 1)
        raise ArgumentError(
            f"{env_id} trades {symbol}, the market is of {found} ({market.infos[0]}): make "
            f"{other}, or give a market of {symbol}"
        )


def environment_ids() -> dict[str, tuple[str, int]]:
    """(symbol, phase) by environment id: Futures{SYMBOL}-Phase{1,2} and FuturesMulti."""
    symbols = (*INSTRUMENTS, "Multi")
    return {
        f"Futures{symbol}-Phase{phase}": (symbol, phase) for symbol in symbols for phase in PHASES
    }


def register_environments() -> None:
    """Register every id with gymnax once; ids already registered are left alone."""
    for env_id, (symbol, phase) in environment_ids().items():
        if env_id not in gymnax.registered_envs:
            gymnax.register(env_id, partial(_make, env_id, symbol, phase))

"""Environment ids known to ``gymnax.make``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import gymnax
import jax.numpy as jnp

from futures_env.accounts.catalogue import account_rules
from futures_env.accounts.rules import RULE_FIELDS, AccountRules
from futures_env.data import calendar
from futures_env.data.closing import flat_by
from futures_env.data.loader import load_market
from futures_env.data.market import concat_markets
from futures_env.data.signals import signal_features
from futures_env.data.synthetic.market import synthetic_market
from futures_env.env import FuturesEnv
from futures_env.features.pipeline import FEATURES, Feature
from futures_env.ids import environment_ids
from futures_env.market.info import ArgumentError, DataError
from futures_env.market.table import MarketData
from futures_env.params.batching import params_in_axes
from futures_env.types import EnvParams

MULTI_SYMBOLS = ("NQ", "ES")
"""Markets of the default FuturesMulti environments."""


LATEST_FLAT_BY = "16:59"
"""Flat-by time of the default markets, New York, where no rule set wants an earlier one."""


@cache
def _default_market(
    symbol: str, window: int, features: tuple[str | Feature, ...], flat_by: str
) -> MarketData:
    if symbol == "Multi":
        parts = [_default_market(name, window, features, flat_by) for name in MULTI_SYMBOLS]
        return concat_markets(parts)
    return synthetic_market(symbol=symbol, window=window, flat_by=flat_by, features=features)


def _make(
    env_id: str,
    symbol: str,
    phase: int,
    *,
    market: MarketData | str | Path | Sequence[str | Path] | None = None,
    window: int = 20,
    features: Sequence[str | Feature] | None = None,
    signals: Mapping[str, Any] | None = None,
    rules: str | AccountRules | None = None,
    **options: Any,
) -> FuturesEnv:
    chosen = None if rules is None else account_rules(rules)
    columns = _columns(market, features, signals)
    if market is None:
        flat_by = earliest_flat_by([] if chosen is None else [chosen])
        market = _default_market(symbol, window, tuple(columns), flat_by)
    elif not isinstance(market, MarketData):
        known = None if symbol == "Multi" else symbol
        market = _load(market, known, columns)
    elif symbol != "Multi":
        _check_symbol(env_id, symbol, market)
    features = features or market.feature_names or columns
    return FuturesEnv(
        phase, market=market, window=window, features=features, rules=chosen, name=env_id, **options
    )


def _columns(
    market: object, features: Sequence[str | Feature] | None, signals: Mapping[str, Any] | None
) -> Sequence[str | Feature]:
    """The features of a market that is yet to be made; ``signals`` are those of a file.

    Raises:
        ArgumentError: signals for a market that is made already, or not named as arguments of
            ``signal_features``.
        DataError, OSError: they cannot be used.
    """
    if not signals:
        return features or FEATURES
    if isinstance(market, MarketData) or str(market).endswith(".npz"):
        raise ArgumentError(f"signals cannot be given: {market!r} has its features already")
    try:
        return (*(features or FEATURES), *signal_features(**signals))
    except (ArgumentError, TypeError) as error:
        raise ArgumentError(f"signals {dict(signals)}: {error}") from error
    except ValueError as error:
        raise DataError(str(error)) from error


def _load(
    path: str | Path | Sequence[str | Path],
    symbol: str | None,
    features: Sequence[str | Feature],
) -> MarketData:
    """A market from files; what is wrong with them is told from wrong arguments.

    Raises:
        ArgumentError: the files say of themselves that they are of another symbol.
        DataError, OSError: they cannot be used.
    """
    try:
        return load_market(path, symbol, features=features)
    except ArgumentError:
        raise
    except ValueError as error:
        raise DataError(str(error)) from error


def earliest_flat_by(rules: Sequence[AccountRules]) -> str:
    """Earliest flat-by time of the rule sets, at most the default market's."""
    times = [LATEST_FLAT_BY, *(one.flat_by for one in rules)]
    return min(times, key=calendar.clock)


@dataclass(frozen=True, kw_only=True)
class RuleBatch:
    """Environments of one market that hold a rule set each.

    Attributes:
        env: the environment.
        params: its parameters; the fields in ``RULE_FIELDS`` have an axis of length B in front.
        in_axes: of ``params`` for ``jax.vmap``: 0 for these fields, None for the rest.
        names: names of the B rule sets.
        flat_by: New York time at which all of them are flat, the earliest of the set.
    """

    env: FuturesEnv
    params: EnvParams = field(repr=False)
    in_axes: EnvParams = field(repr=False)
    names: tuple[str, ...]
    flat_by: str


def stack_rules(
    env_id: str,
    rules: Sequence[str | AccountRules],
    *,
    market: MarketData | None = None,
    **options: Any,
) -> RuleBatch:
    """An environment with a batch of parameters, one rule set each, ready for ``jax.vmap``.

    They share one market, so all of them are flat at the earliest flat-by time of the set
    (``RuleBatch.flat_by``): without ``market`` the default one is built at it.

    Args:
        env_id: registered id, e.g. ``"FuturesNQ-Phase2"``.
        rules: names, files or rule sets.
        market: bars to trade, flat by the earliest time of the set.
        **options: of ``gymnax.make``.

    Raises:
        ValueError: no rule set, or a market that is flat too late, naming the remedy.
    """
    chosen = [account_rules(one) for one in rules]
    if not chosen:
        raise ValueError("stack_rules needs at least one rule set")
    earliest = min(chosen, key=lambda one: one.flat_by_clock)
    env, params = gymnax.make(env_id, market=market, rules=earliest, **options)
    each = [one.apply(params) for one in chosen]
    stacked = {name: jnp.stack([getattr(one, name) for one in each]) for name in RULE_FIELDS}
    return RuleBatch(
        env=env,
        params=replace(params, **stacked),
        in_axes=params_in_axes(params, *RULE_FIELDS),
        names=tuple(one.name for one in chosen),
        flat_by=flat_by(params.market),
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


def register_environments() -> None:
    """Register every id with gymnax once; ids already registered are left alone."""
    for env_id, (symbol, phase) in environment_ids().items():
        if env_id not in gymnax.registered_envs:
            gymnax.register(env_id, partial(_make, env_id, symbol, phase))

"""DataFrames and files of bars in, ``MarketData`` out. pandas is imported on use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from futures_env.data.bars import Bars
from futures_env.data.importing.frames import read_seconds, require
from futures_env.data.importing.importer import finish, import_bars, raw_table
from futures_env.data.importing.options import ImportOptions
from futures_env.data.importing.origin import Origin
from futures_env.data.importing.reading.layouts import LAYOUTS
from futures_env.data.importing.report import Policy, Report
from futures_env.data.importing.resample import resample
from futures_env.data.importing.seconds import order_from_seconds
from futures_env.data.market import build_market
from futures_env.data.store import open_market
from futures_env.features.pipeline import FEATURES, Feature
from futures_env.market.info import RuleFields, SessionRule, session_rule
from futures_env.market.instruments import instrument
from futures_env.market.table import MarketData

if TYPE_CHECKING:
    import pandas as pd


def make_market(
    bars: pd.DataFrame,
    symbol: str = "NQ",
    session: str | SessionRule = "rth",
    second_bars: pd.DataFrame | None = None,
    *,
    features: Sequence[str | Feature] = FEATURES,
    bar_minutes: int = 0,
    policy: dict[str, Policy] | None = None,
    early_close: Sequence[str] = (),
    **rule_fields: Unpack[RuleFields],
) -> MarketData:
    """Build a market from a DataFrame of bars.

    Args:
        bars: columns timestamp (timezone-aware, bar START), open, high, low, close, volume;
            optionally symbol, the contract: one is kept per session, and changes are rolls.
        symbol: row of the contract table.
        session: ``"rth"`` (09:30 New York to flat-by), ``"globex"`` (18:00 to flat-by), or a
            whole ``SessionRule``.
        second_bars: 1-second bars, columns timestamp, high and low as in ``bars``; they give
            ``extreme_order``.
        features: names or own ``Feature`` objects, in column order.
        bar_minutes: resample to this length; 0 keeps the bars as they are.
        policy: check -> raise, drop or keep; see ``data.importing.report.DEFAULT_POLICY``.
        early_close: closes that replace the calendar's, ``"2025-07-04=13:00"``, New York.
        **rule_fields: further fields of the ``SessionRule``, e.g. flat_by and window.

    Raises:
        ValueError: naming the row, the field and the remedy, where the bars cannot be trusted.
    """
    rule = session_rule(session, rule_fields)
    table, _ = bars_from_frame(bars, symbol, policy, early_close)
    return assemble(table, rule, features, seconds=second_bars, bar_minutes=bar_minutes)


def load_market(
    path: str | Path,
    symbol: str = "NQ",
    session: str | SessionRule = "rth",
    second_path: str | Path | None = None,
    *,
    features: Sequence[str | Feature] = FEATURES,
    bar_minutes: int = 0,
    **options: Any,
) -> MarketData:
    """Read a file of bars of any known vendor, or a saved market (``.npz``).

    Args:
        path: csv, csv.gz, txt, parquet, DBN or LEAN zip; the own layout has the columns of
            ``make_market`` with timestamps in UTC. Of a saved market nothing else is looked at.
        symbol: row of the contract table.
        session: as for ``make_market``.
        second_path: a csv or parquet file of 1-second bars: timestamp (UTC), high, low.
        features, bar_minutes: as for ``make_market``.
        **options: further fields of the ``SessionRule``; vendor, zone, stamp, price_scale,
            epoch_unit, contract and policy of ``import_bars``.

    Raises:
        ValueError: naming the file, the row, the field and the remedy or the argument to give.
        FileNotFoundError: no such file.
    """
    if Path(path).suffix == ".npz":
        return open_market(path)
    names = RuleFields.__annotations__.keys() & options.keys()
    rule = session_rule(session, RuleFields(**{name: options.pop(name) for name in names}))
    table, _ = import_bars(path, symbol, **options)
    try:
        seconds = None if second_path is None else read_seconds(second_path)
        return assemble(table, rule, features, seconds=seconds, bar_minutes=bar_minutes)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def assemble(
    bars: Bars,
    rule: SessionRule,
    features: Sequence[str | Feature] = FEATURES,
    *,
    seconds: pd.DataFrame | None = None,
    bar_minutes: int = 0,
) -> MarketData:
    """The last steps from checked bars to a market: order of the extremes, bar length, table.

    Args:
        bars: the full history of one market.
        rule: session, flat-by time, entry cut-off and window.
        features: names or own features, in column order.
        seconds: 1-second bars of the same contract, see ``make_market``.
        bar_minutes: resample to this length; 0 keeps the bars as they are.
    """
    if seconds is not None:
        bars = replace(bars, extreme_order=order_from_seconds(bars, seconds))
    return build_market(resample(bars, bar_minutes or bars.bar_minutes), rule, features)


def bars_from_frame(
    frame: pd.DataFrame,
    symbol: str,
    policy: dict[str, Policy] | None = None,
    early_close: Sequence[str] = (),
) -> tuple[Bars, Report]:
    """Check a DataFrame of bars and turn it into the internal table.

    Rows are named by their position in the frame, from 0.

    Args:
        frame: see ``make_market``.
        symbol: row of the contract table.
        policy, early_close: see ``make_market``.

    Raises:
        ValueError: naming the first offending row, its field and the remedy.
    """
    require(frame)
    # the columns are documented: nothing but the bar length is left to find out
    given = ImportOptions(
        stamp="start", price_scale=1.0, policy=policy or {}, early_close=early_close
    )
    report = Report(source="DataFrame")
    renamed = frame.rename(columns={"timestamp": "stamp", "symbol": "contract"})
    origin = Origin.of_one("DataFrame", len(frame))
    table = raw_table(renamed, origin, LAYOUTS["own"], given, report)
    return finish(table, instrument(symbol), given, report), report

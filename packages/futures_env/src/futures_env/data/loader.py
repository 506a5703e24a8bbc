"""DataFrames and files of bars in, ``MarketData`` out. pandas is imported on use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from futures_env.data.mirror import mirror_bars
from futures_env.data.store import open_market
from futures_env.features.pipeline import FEATURES, Feature
from futures_env.market.info import ArgumentError, RuleFields, SessionRule, session_rule
from futures_env.market.instruments import instrument
from futures_env.market.table import MarketData

if TYPE_CHECKING:
    import pandas as pd


NO_HISTORY = (
    "{}: a saved market cannot be mirrored: features of the mirrored bars look back on the "
    "warm-up and on bars outside the sessions, which it does not hold; give the files of bars"
)


def make_market(
    bars: pd.DataFrame,
    symbol: str = "NQ",
    session: str | SessionRule = "rth",
    second_bars: pd.DataFrame | None = None,
    *,
    features: Sequence[str | Feature] = FEATURES,
    bar_minutes: int = 0,
    mirror: bool = False,
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
        mirror: turn the prices upside down, see ``mirror.mirror_bars``.
        policy: check -> raise, drop or keep; see ``data.importing.report.DEFAULT_POLICY``.
        early_close: closes that replace the calendar's, ``"2025-07-04=13:00"``, New York.
        **rule_fields: further fields of the ``SessionRule``, e.g. flat_by and window.

    Raises:
        ValueError: naming the row, the field and the remedy, where the bars cannot be trusted.
    """
    rule = session_rule(session, rule_fields)
    table, _ = bars_from_frame(bars, symbol, policy, early_close)
    return assemble(
        table, rule, features, seconds=second_bars, bar_minutes=bar_minutes, mirror=mirror
    )


def load_market(
    path: str | Path | Sequence[str | Path],
    symbol: str | None = None,
    session: str | SessionRule | None = None,
    second_path: str | Path | None = None,
    *,
    features: Sequence[str | Feature] = FEATURES,
    bar_minutes: int = 0,
    mirror: bool = False,
    progress: Callable[[str], None] | None = None,
    reported: Callable[[Report], None] | None = None,
    **options: Any,
) -> MarketData:
    """Read files of bars of any known vendor, or a saved market (``.npz``).

    Args:
        path: everything that ``import_bars`` reads, or one saved market. What is said of a saved
            market must be what it says itself.
        symbol: row of the contract table; of files NQ unless given.
        session: as for ``make_market``; of files ``"rth"`` unless given.
        second_path: a csv or parquet file of 1-second bars: timestamp (UTC), high, low.
        features, bar_minutes, mirror: as for ``make_market``; a saved market cannot be
            mirrored: it lacks the bars in front of its warm-up and outside its sessions.
        progress: told what is done next, in words.
        reported: given the report of an import; a saved market has none.
        **options: further fields of the ``SessionRule``, and those of ``ImportOptions``: vendor,
            zone, stamp, price_scale, epoch_unit, contract, policy, early_close.

    Raises:
        ArgumentError: what is said contradicts a saved market.
        ValueError: naming the file, the row, the field and the remedy or the argument to give.
        FileNotFoundError: no such file.
    """
    paths = [Path(path)] if isinstance(path, (str, Path)) else [Path(each) for each in path]
    names = RuleFields.__annotations__.keys() & options.keys()
    fields = RuleFields(**{name: options.pop(name) for name in names})
    if any(each.suffix == ".npz" for each in paths):
        options |= {"second_path": second_path} if second_path is not None else {}
        if mirror:
            raise ArgumentError(NO_HISTORY.format(paths[0]))
        claims: dict[str, Any] = {"symbol": symbol, "bar_minutes": bar_minutes, **fields}
        claims["rule" if isinstance(session, SessionRule) else "session"] = session
        said = {name: claim for name, claim in claims.items() if name in fields or claim}
        return _saved(paths, said, options)
    rule = session_rule(session or "rth", fields)
    table, report = import_bars(paths, symbol or "NQ", progress=progress, **options)
    if reported is not None:
        reported(report)
    if progress is not None:
        progress(f"computing features of {len(table):,} bars")
    try:
        seconds = None if second_path is None else read_seconds(second_path)
        return assemble(
            table, rule, features, seconds=seconds, bar_minutes=bar_minutes, mirror=mirror
        )
    except ValueError as error:
        where = paths[0] if len(paths) == 1 else report.source
        raise ValueError(f"{where}: {error}") from error


def _saved(paths: list[Path], claims: dict[str, Any], options: dict[str, Any]) -> MarketData:
    """A saved market, of which everything claimed is true."""
    if len(paths) > 1:
        raise ArgumentError(
            f"{', '.join(path.name for path in paths)}: give one saved market, or files of bars; "
            "concat_markets joins markets"
        )
    if options:
        raise ArgumentError(
            f"{paths[0]}: a saved market is not read anew: {', '.join(options)} cannot be given"
        )
    market = open_market(paths[0])
    for info in market.infos:
        try:
            info.contradict(**claims)
        except ArgumentError as error:
            raise ArgumentError(f"{paths[0]}: {error}") from None
    return market


def assemble(
    bars: Bars,
    rule: SessionRule,
    features: Sequence[str | Feature] = FEATURES,
    *,
    seconds: pd.DataFrame | None = None,
    bar_minutes: int = 0,
    mirror: bool = False,
) -> MarketData:
    """The last steps from checked bars to a market: order of the extremes, bar length, table.

    Args:
        bars: the full history of one market.
        rule: session, flat-by time, entry cut-off and window.
        features: names or own features, in column order.
        seconds: 1-second bars of the same contract, see ``make_market``.
        bar_minutes: resample to this length; 0 keeps the bars as they are.
        mirror: turn the prices upside down, see ``mirror.mirror_bars``.
    """
    if seconds is not None:
        bars = replace(bars, extreme_order=order_from_seconds(bars, seconds))
    bars = resample(bars, bar_minutes or bars.bar_minutes)
    return build_market(mirror_bars(bars) if mirror else bars, rule, features)


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

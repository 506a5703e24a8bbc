"""`eval-tools trades`: anybody's trade list under the rules of accounts."""

from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
from tyro.conf import Positional, arg

from eval_tools.cli.checks import check_files, check_level, rule_sets
from eval_tools.cli.null import matched_null
from eval_tools.cli.outcome import publish_tables
from eval_tools.cli.progress import Progress
from eval_tools.cli.require import Requirements
from eval_tools.cli.sources import Bars, make_env, open_market
from eval_tools.conditions.market import DataSource
from eval_tools.conditions.parameters import DEFAULT_RULES
from eval_tools.measures.bootstrap import mean_interval
from eval_tools.measures.sharpe import SharpeRatio
from eval_tools.measures.statistics import daily_statistics, trade_statistics
from eval_tools.policies.controls import gross_params
from eval_tools.report.artefacts import check_unused, create_run, free_run_id, write_new
from eval_tools.requirements import parse_requirements, require_all
from eval_tools.rollout.accounts import HostBars, terms_of
from eval_tools.trade_lists.figures import LIST_FIGURES, list_figures
from eval_tools.trade_lists.judged import Side, daily_usd, judged
from eval_tools.trade_lists.lots import lots_of
from eval_tools.trade_lists.null import without_an_edge
from eval_tools.trade_lists.page import trades_page
from eval_tools.trade_lists.reading import read_trades
from eval_tools.trade_lists.summary import trades_text
from eval_tools.trade_lists.table import lot_table
from futures_env import ArgumentError
from futures_env.accounts.rules import AccountRules
from futures_env.types import EnvParams


@dataclass(frozen=True, kw_only=True)
class TradesConfig:
    """Judge a trade list: reconciled with the bars, by day, and under the rules of accounts."""

    trades: Positional[Path]
    """Trade list: ours (trades.parquet or csv), NinjaTrader's or TradingView's export as csv."""
    bars: Annotated[Bars, arg(name="")] = field(default_factory=Bars)
    policy: str = ""
    """Whose trades, where the list holds those of several, as trades.parquet of a run does."""
    zone: str | None = None
    """Zone of times that do not say theirs, e.g. America/New_York."""
    stamps: Literal["start", "end"] = "start"
    """Whether a time on the full minute is the start of its bar or the end."""
    rules: tuple[str, ...] = (DEFAULT_RULES,)
    """Rule sets by name, or files of your own."""
    days: int = 30
    """Sessions after which an attempt counts as not decided."""
    level: float = 0.95
    """Coverage of the intervals."""
    null: bool = True
    """Count P(pass) of the same entries, sizes and holding times on a matched martingale too."""
    seed: int = 0
    """Of the martingale and of the bootstrap."""
    require: Requirements = ()
    """What the list must meet, e.g. 'sharpe>2' or 'breaches==0' (rule sets that failed it)."""
    out: Path = Path("runs")
    """Folder of all runs."""
    run_id: str = ""
    """Name of this run's folder, which must not exist; without it made from the file's."""


def run_trades(config: TradesConfig) -> Path:
    """Read, check, judge, print and write; returns the run's folder.

    Raises:
        ArgumentError: flags that are wrong or contradict each other.
        ValueError, OSError: bars or trades that cannot be used.
        RequirementError: after everything is written, when a requirement is not met.
    """
    requirements = parse_requirements(config.require, LIST_FIGURES)
    rules = _rules(config)
    check_unused(config.out, config.run_id)
    progress = Progress()
    with progress.stage("market"):
        market = open_market(config.bars)
        for one in rules:
            one.check_flat_by(market)
    with progress.stage("trades"):
        listed = read_trades(config.trades, config.zone, config.policy)
        lots = lots_of(listed, market, stamps=config.stamps, name=str(config.trades))
        params = make_env(market, 1).default_params
        own = Side(lots=lots, bars=HostBars(market), terms=terms_of(params, 0))
        null = _null(config, own, params, progress)
        found = judged(own, rules, days=config.days, level=config.level, null=null)
    daily, trades = daily_usd(lots, own.bars), lot_table(lots, market)
    source = DataSource.of(market)
    numbers = _numbers(config, source, daily, trades) | {"accounts": [one.row for one in found]}
    checked = [one.check(list_figures(numbers)) for one in requirements]
    numbers["requirements"] = [asdict(one) for one in checked]
    name = f"{config.trades.name}{config.policy and f', {config.policy}'}"
    folder = create_run(
        config.out, config.run_id or free_run_id(config.out, f"trades-{config.trades.stem}")
    )
    write_new(folder / "trades.parquet", partial(listed.to_parquet, index=False))
    publish_tables(
        folder,
        numbers,
        trades_text(numbers, name),
        asdict(config) | {"command": "trades"},
        progress,
        page=trades_page(numbers, [one.path for one in found], daily, trades, name, source),
    )
    require_all(checked)
    return folder


def _numbers(
    config: TradesConfig, source: DataSource, daily: pd.Series, trades: pd.DataFrame
) -> dict[str, Any]:
    """What metrics.json holds but the accounts."""
    ratio = SharpeRatio.of(daily)
    told = asdict(trade_statistics(trades))
    del told["break_even_win_rate"]  # a list knows no brackets
    mean = mean_interval(daily, level=config.level, seed=config.seed)
    return {
        "data": asdict(source),
        "trades": told,
        "attempt_days": config.days,
        "mean_daily_pnl": asdict(mean),
        "days": asdict(daily_statistics(daily)),
        "probabilistic_sharpe": None if ratio is None else ratio.probabilistic(),
    }


def _null(config: TradesConfig, own: Side, params: EnvParams, progress: Progress) -> Side | None:
    """The same lots without costs on a matched martingale."""
    market = matched_null(params.market, config.seed, progress) if config.null else None
    if market is None:
        return None
    terms = terms_of(gross_params(params), 0)
    return Side(lots=without_an_edge(own.lots, market), bars=HostBars(market), terms=terms)


def _rules(config: TradesConfig) -> list[AccountRules]:
    """The rule sets; refuses flags that are wrong, before anything is read."""
    if config.days < 1:
        raise ArgumentError("--days must be at least 1")
    check_level(config.level)
    check_files(config.trades)
    return rule_sets(config.rules)

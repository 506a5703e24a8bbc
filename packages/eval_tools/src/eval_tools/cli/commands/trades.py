"""`eval-tools trades`: anybody's trade list under the rules of accounts."""

from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from tyro.conf import Positional, arg

from eval_tools.cli.checks import check_level, rule_sets
from eval_tools.cli.outcome import publish_tables
from eval_tools.cli.progress import Progress
from eval_tools.cli.sources import Bars, make_env, open_market
from eval_tools.conditions.market import DataSource
from eval_tools.conditions.parameters import DEFAULT_RULES
from eval_tools.formats import UNDEFINED, aligned, number, percent, usd, words
from eval_tools.measures.bootstrap import mean_interval
from eval_tools.measures.statistics import daily_statistics
from eval_tools.report.artefacts import create_run, free_run_id, write_new
from eval_tools.report.sections import page, trades_section
from eval_tools.rollout.accounts import HostBars, terms_of
from eval_tools.trade_lists.judged import daily_usd, judged
from eval_tools.trade_lists.lots import lots_of
from eval_tools.trade_lists.reading import read_trades
from futures_env import ArgumentError
from futures_env.accounts.rules import AccountRules


@dataclass(frozen=True, kw_only=True)
class TradesConfig:
    """Judge a trade list: reconciled with the bars, by day, and under the rules of accounts."""

    trades: Positional[Path]
    """Trade list: ours (trades.parquet or csv), NinjaTrader's or TradingView's export as csv."""
    bars: Annotated[Bars, arg(name="")] = field(default_factory=Bars)
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
    out: Path = Path("runs")
    """Folder of all runs."""
    run_id: str = ""
    """Name of this run's folder, which must not exist; without it made from the file's."""


def run_trades(config: TradesConfig) -> Path:
    """Read, check, judge, print and write; returns the run's folder.

    Raises:
        ArgumentError: flags that are wrong or contradict each other.
        ValueError, OSError: bars or trades that cannot be used.
    """
    rules = _rules(config)
    progress = Progress()
    with progress.stage("market"):
        market = open_market(config.bars)
        for one in rules:
            one.check_flat_by(market)
    with progress.stage("trades"):
        found = read_trades(config.trades, config.zone)
        lots = lots_of(found, market, stamps=config.stamps, name=str(config.trades))
        bars = HostBars(market)
        terms = terms_of(make_env(market, 1).default_params, 0)
        rows = judged(lots, bars, rules, terms, days=config.days, level=config.level)
    daily = daily_usd(lots, bars)
    numbers = {
        "data": asdict(DataSource.of(market)),
        "trades": len(lots),
        "attempt_days": config.days,
        "net_pnl_usd": float(lots.net.sum()) / 100,
        "mean_daily_pnl": asdict(mean_interval(daily, level=config.level)),
        "days": asdict(daily_statistics(daily)),
        "accounts": rows,
    }
    folder = create_run(
        config.out, config.run_id or free_run_id(config.out, f"trades-{config.trades.stem}")
    )
    write_new(folder / "trades.parquet", partial(found.to_parquet, index=False))
    text = trades_text(numbers, config.trades.name)
    source = numbers["data"]["label"]
    synthetic = ["The market is synthetic."] if numbers["data"]["synthetic"] else []
    publish_tables(
        folder,
        numbers,
        text,
        asdict(config) | {"command": "trades"},
        progress,
        page=page(
            f"{config.trades.name} on {source}",
            verdict_on(numbers),
            synthetic,
            [trades_section(numbers, daily, config.trades.name)],
        ),
    )
    return folder


def verdict_on(numbers: dict[str, Any]) -> str:
    """One sentence: what the days show after costs, and what became of each account."""
    mean = numbers["mean_daily_pnl"]
    side = "above" if mean["low"] > 0 else "below" if mean["high"] < 0 else "around"
    accounts = ", ".join(
        f"{row['rules']}: {_outcome(row)} ({row['date']})" for row in numbers["accounts"]
    )
    return (
        f"Mean daily P&L after costs {usd(mean['mean'])} USD, {mean['level']:.0%} interval "
        f"{usd(mean['low'])} .. {usd(mean['high'])}, {side} 0. {accounts}."
    )


def _outcome(row: dict[str, Any]) -> str:
    return {"active": "not decided"}.get(row["outcome"], words(row["outcome"]))


_COLUMNS = (
    "rules",
    "outcome",
    "on",
    "max DD",
    "room to floor",
    "P(pass)",
    "attempts (effective)",
    "above cap",
)


def trades_text(numbers: dict[str, Any], name: str) -> str:
    """What the console shows; no time and no path in it."""
    days, mean = numbers["days"], numbers["mean_daily_pnl"]
    lines = [
        f"{name} on {numbers['data']['label']}",
        f"  {numbers['trades']:,} trades, each inside its bar and its session",
        f"  net {usd(numbers['net_pnl_usd'])} USD; a day {usd(mean['mean'])}, "
        f"{mean['level']:.0%} interval {usd(mean['low'])} .. {usd(mean['high'])}; "
        f"Sharpe {number(days['sharpe'])}; largest drawdown of closed days "
        f"{number(days['max_drawdown_usd'], 0)}",
        "",
        *aligned([list(_COLUMNS), *map(_cells, numbers["accounts"])]),
        "",
        "  one account over the range; P(pass) from every session, overlapping attempts counted by",
        "  their effective number; lots that overlap are summed, and the bars of their fills take",
        "  the worse order, so that drawdown and breaches err against the account",
    ]
    return "\n".join(lines) + "\n"


def _cells(row: dict[str, Any]) -> list[str]:
    chance = row["passing"]
    shown = [UNDEFINED, UNDEFINED]
    if chance is not None:
        ends = f"{percent(chance['low'], 0)} .. {percent(chance['high'], 0)}"
        shown = [
            f"{percent(chance['share'])} ({ends})",
            f"{chance['attempts']} ({chance['effective']:.1f})",
        ]
    money = [number(row["max_drawdown_usd"], 0), number(row["lowest_room_to_floor_usd"], 0)]
    return [
        row["rules"],
        _outcome(row),
        row["date"],
        *money,
        *shown,
        str(row["sizes_above_the_cap"]),
    ]


def _rules(config: TradesConfig) -> list[AccountRules]:
    """The rule sets; refuses flags that are wrong, before anything is read."""
    if config.days < 1:
        raise ArgumentError("--days must be at least 1")
    check_level(config.level)
    return rule_sets(config.rules)

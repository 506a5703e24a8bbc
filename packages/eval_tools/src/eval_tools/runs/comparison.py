"""Two runs on the same days, and several runs of one configuration."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from eval_tools.conditions.trials import Trials
from eval_tools.formats import aligned, number, percent, usd
from eval_tools.measures.bootstrap import Interval, mean_interval
from eval_tools.measures.overfitting import FEWEST_DAYS, overfitting
from eval_tools.measures.seeds import seed_interval
from eval_tools.measures.sharpe import SharpeRatio
from eval_tools.runs.stored import StoredRun
from futures_env import ArgumentError


def paired_days(runs: Sequence[StoredRun]) -> pd.DataFrame:
    """(days, runs) P&L in USD of every run by day.

    Raises:
        ArgumentError: the runs are of different days or different bars.
    """
    first = runs[0]
    series = {str(place): run.daily() for place, run in enumerate(runs)}
    for run, daily in zip(runs[1:], list(series.values())[1:], strict=True):
        if not daily.index.equals(series["0"].index):
            raise ArgumentError(
                f"{first.name} and {run.name} are of different ranges: {_range(first)} against "
                f"{_range(run)}; evaluate both on the same sessions"
            )
        if run.numbers["data"]["content_hash"] != first.numbers["data"]["content_hash"]:
            raise ArgumentError(
                f"{first.name} and {run.name} are of different bars: "
                f"{first.numbers['data']['label']} against {run.numbers['data']['label']}"
            )
    return pd.DataFrame(series)


def difference(one: StoredRun, other: StoredRun, level: float = 0.95) -> Interval:
    """Mean daily P&L of ``one`` minus ``other`` with its day-block bootstrap interval."""
    days = paired_days([one, other])
    return mean_interval(days["0"] - days["1"], level=level)


def comparison_text(one: StoredRun, other: StoredRun) -> str:
    """Both runs side by side, their paired difference, and what was not alike."""
    gap = difference(one, other)
    told = "covers 0" if gap.covers(0) else "lies above 0" if gap.low > 0 else "lies below 0"
    columns = [_figures(run) for run in (one, other)]
    rows = [["", one.name, other.name]]
    rows += [[name, columns[0][name], columns[1][name]] for name in columns[0]]
    unlike = _unlike(one.numbers["conditions"], other.numbers["conditions"])
    return "\n".join(
        [
            f"{_range(one)} on {one.numbers['data']['label']}",
            *aligned(rows),
            "",
            f"Paired by day, {one.name} minus {other.name}: {usd(gap.mean)} USD per day, "
            f"{gap.level:.0%} interval {usd(gap.low)} .. {usd(gap.high)}, which {told}; "
            f"{gap.num_values} days in blocks of {gap.block_length}",
            *(["Not alike:", *unlike] if unlike else ["Conditions: alike"]),
            "",
        ]
    )


def pool_text(runs: Sequence[StoredRun], level: float = 0.95) -> str:
    """Seeds of one configuration together, and what choosing the best of them is worth.

    Raises:
        ArgumentError: fewer than two runs, or runs of different days or bars.
    """
    if len(runs) < 2:
        raise ArgumentError(f"pooling needs at least 2 runs, got {len(runs)}")
    days = paired_days(runs)
    means = days.mean()
    middle = seed_interval(means, level=level)
    rows = [["run", "per day", "Sharpe"]]
    rows += [[run.name, usd(means[str(i)]), _sharpe(run)] for i, run in enumerate(runs)]
    return "\n".join(
        [
            f"{len(runs)} runs on {_range(runs[0])}",
            *aligned(rows),
            "",
            f"Interquartile mean over runs: {usd(middle.mean)} USD per day, {level:.0%} interval "
            f"{usd(middle.low)} .. {usd(middle.high)} (stratified bootstrap)",
            *_choice(runs, days),
            "",
        ]
    )


def _choice(runs: Sequence[StoredRun], days: pd.DataFrame) -> list[str]:
    """What the best run is worth, having been chosen."""
    best = int(days.mean().argmax())
    ratio = SharpeRatio.of(days[str(best)])
    trials = sum(_trials(run) for run in runs)
    lines = []
    if ratio is not None:
        lines.append(
            f"Best run {runs[best].name}: Sharpe above the best of {trials:,} tried without skill "
            f"with {percent(ratio.deflated(trials))} (deflated)"
        )
    if len(days) >= FEWEST_DAYS:
        lines.append(overfitting(days).told("run"))
    return lines


def _trials(run: StoredRun) -> int:
    fields: dict[str, Any] = run.numbers["luck"]["trials"]
    names = ("members", "checkpoints", "looks", "others")
    return Trials(**{name: fields[name] for name in names}).count


def _figures(run: StoredRun) -> dict[str, str]:
    days, trades, mean = run.own["days"], run.own["trades"], run.own["mean_daily_pnl"]
    return {
        "policy": run.numbers["policy"],
        "net P&L, USD": usd(days["net_pnl_usd"]),
        "per day, USD": usd(mean["mean"]),
        "interval": f"{usd(mean['low'], 0)} .. {usd(mean['high'], 0)}",
        "Sharpe": number(days["sharpe"]),
        "max drawdown, USD": number(days["max_drawdown_usd"], 0),
        "trades": f"{trades['trades']:,}",
        "per trade, USD": usd(trades["expectancy_usd"]),
        "profit factor": number(trades["profit_factor"]),
        "breaches": str(run.own["breaches"]),
    }


def _unlike(one: dict[str, str], other: dict[str, str]) -> list[str]:
    names = [name for name in one if one[name] != other.get(name)]
    return [f"  {name}: {one[name]}  |  {other.get(name)}" for name in names]


def _sharpe(run: StoredRun) -> str:
    return number(run.own["days"]["sharpe"])


def _range(run: StoredRun) -> str:
    span = run.numbers["range"]
    return f"{span['sessions']} sessions, {span['first_session']} to {span['last_session']}"

"""The pictures of the report, one function each, returning inline SVG."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from eval_tools.formats import words
from eval_tools.measures.bootstrap import Interval
from eval_tools.measures.results import PolicyResult
from eval_tools.report.svg import (
    GAIN,
    INK,
    LOSS,
    MUTED,
    OTHERS,
    PEAK,
    POLICY,
    new_figure,
    style,
    thin,
    to_svg,
)
from eval_tools.rollout.episode import Episode
from futures_env.market.table import MarketData

USD = "{x:,.0f}"


def interval_chart(rows: Mapping[str, Interval]) -> str:
    """Mean and interval per row against 0."""
    with style("intervals"):
        figure, (axes,) = new_figure(0.55 + 0.36 * len(rows))
        axes.axvline(0, color=INK, linewidth=0.9)
        for place, (name, one) in enumerate(rows.items()):
            color = GAIN if one.low > 0 else LOSS if one.high < 0 else MUTED
            axes.plot([one.low, one.high], [place, place], color=color, linewidth=3, alpha=0.55)
            axes.plot(one.mean, place, "o", color=color, markersize=5, label=name)
        axes.set_yticks(range(len(rows)), list(rows), color=INK)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.grid(axis="y", visible=False)
        axes.xaxis.set_major_formatter(USD)
        axes.set_xlabel("USD per day")
        return to_svg(figure)


def account_chart(episode: Episode, market: MarketData) -> str:
    """Equity, high-water mark and floor of one account by bar, and its drawdown from the peak."""
    steps = episode.steps
    usd = steps[["equity_cents", "high_water_mark_cents", "floor_cents"]].to_numpy() / 100
    equity, peak, floor = usd.T
    with style("account"):
        figure, (top, low) = new_figure(4.6, 2, sharex=True, height_ratios=[3, 1])
        kept = thin(equity)
        top.plot(kept, peak[kept], color=PEAK, linewidth=1, label="high-water mark")
        top.plot(kept, equity[kept], color=POLICY, linewidth=1.2, label="equity at the close")
        top.plot(kept, floor[kept], color=LOSS, linewidth=1, label="floor")
        top.legend(loc="upper left", ncols=3, bbox_to_anchor=(0, 1.14), borderaxespad=0)
        top.yaxis.set_major_formatter(USD)
        top.set_ylabel("USD")
        fall = equity - peak
        kept = thin(fall)
        low.fill_between(kept, fall[kept], 0, color=LOSS, alpha=0.35, linewidth=0)
        low.yaxis.set_major_formatter(USD)
        low.set_ylabel("drawdown")
        _date_ticks(low, np.asarray(market.date)[steps["row"]])
        return to_svg(figure)


def daily_chart(results: Mapping[str, PolicyResult]) -> str:
    """P&L of the policy by day, and the sum over the days for every policy."""
    with style("daily"):
        figure, (top, low) = new_figure(4.6, 2, sharex=True, height_ratios=[1, 1.4])
        subject, *others = results.values()
        places = np.arange(len(subject.daily))
        values = subject.daily.to_numpy()
        top.bar(places, values, color=np.where(values < 0, LOSS, GAIN), width=0.7)
        top.axhline(0, color=INK, linewidth=0.8)
        top.set_ylabel("by day")
        for result, color in zip(others, OTHERS, strict=False):
            low.plot(places, result.daily.cumsum(), color=color, linewidth=1.1, label=result.name)
        low.plot(places, np.cumsum(values), color=POLICY, linewidth=1.8, label=subject.name)
        low.axhline(0, color=INK, linewidth=0.8)
        low.set_ylabel("summed")
        low.legend(loc="upper left", ncols=6, bbox_to_anchor=(0, 1.14), borderaxespad=0)
        for axes in (top, low):
            axes.yaxis.set_major_formatter(USD)
        days = subject.daily.index
        step = -(-len(days) // 12)
        low.set_xticks(places[::step], [f"{day:%m-%d}" for day in days[::step]])
        return to_svg(figure)


def share_chart(shares: Mapping[str, float], salt: str, unit: str) -> str:
    """Horizontal bars of a distribution."""
    with style(salt):
        figure, (axes,) = new_figure(0.4 + 0.3 * max(1, len(shares)), width=4.8)
        names = [words(name) for name in shares]
        bars = axes.barh(names, list(shares.values()), color=POLICY, height=0.6)
        axes.bar_label(bars, fmt=unit, padding=4, color=MUTED)
        axes.invert_yaxis()
        axes.margins(x=0.12)
        axes.grid(axis="y", visible=False)
        axes.tick_params(axis="y", colors=INK)
        axes.set_xticks([])
        return to_svg(figure)


def _date_ticks(axes: Axes, dates: np.ndarray) -> None:
    """A tick at the first bar of up to a dozen days."""
    firsts = np.flatnonzero(np.r_[True, dates[1:] != dates[:-1]])
    chosen = firsts[:: -(-len(firsts) // 12)]
    labels = dates[chosen].astype("datetime64[D]").astype(str)
    axes.set_xticks(chosen, [label[5:] for label in labels])

"""How far trades went against their position and with it."""

from functools import partial

import pandas as pd
from matplotlib.figure import Figure

from eval_tools.report.pictures.svg import GAIN, INK, LOSS, NARROW, Form, new_figure, picture

MOST = 600
"""Trades drawn; of more, every so many."""


def excursion_chart(trades: pd.DataFrame) -> str:
    """MAE against MFE of every trade that a policy entered, green where it earned money."""
    own = trades[~trades["forced"].astype(bool)]
    return picture("excursions", partial(_excursions, own.iloc[:: -(-len(own) // MOST) or 1]))


def _excursions(trades: pd.DataFrame, form: Form) -> Figure:
    figure, (axes,) = new_figure(form.width, 3.2)
    worst, best = trades["mae_cents"] / 100, trades["mfe_cents"] / 100
    won = (trades["net_cents"] > 0).to_numpy()
    for mask, color, name in ((won, GAIN, "earned money"), (~won, LOSS, "did not")):
        axes.plot(worst[mask], best[mask], "o", color=color, markersize=3, alpha=0.6, label=name)
    reach = float(min(-worst.min(), best.max())) if len(trades) else 1.0
    axes.plot([-reach, 0], [reach, 0], color=INK, linewidth=0.6, linestyle=":")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:,.0f}")
    if form is NARROW:
        axes.locator_params(axis="x", nbins=form.ticks)
    axes.set_xlabel("MAE, USD")
    axes.set_ylabel("MFE, USD")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=2)
    return figure

"""The page of a trade list: what its days show, and its account under every rule set."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from eval_tools.accounts.path import AccountPath
from eval_tools.conditions.market import DataSource
from eval_tools.report.pictures.charts import path_chart
from eval_tools.report.pictures.excursions import excursion_chart
from eval_tools.report.sections import page, trades_section
from eval_tools.report.tables import by_entry_hour, by_weekday
from eval_tools.requirements import Checked
from eval_tools.trade_lists.summary import headline, outcome_in_words

MOST_ACCOUNTS = 6
"""Rule sets whose account is drawn, the first ones asked for."""


def trades_page(
    numbers: Mapping[str, Any],
    paths: Sequence[AccountPath],
    daily: pd.Series,
    trades: pd.DataFrame,
    name: str,
    source: DataSource,
) -> str:
    """The whole page.

    Args:
        numbers: what metrics.json holds.
        paths: of the accounts in ``numbers``, in their order.
        daily: P&L in USD by trading day.
        trades: see ``eval_tools.trade_lists.table.lot_table``.
        name: of the list.
        source: the market.
    """
    drawn = list(zip(numbers["accounts"], paths, strict=True))[:MOST_ACCOUNTS]
    section = trades_section(
        numbers,
        {name: daily},
        accounts={
            f"{row['rules']}: {outcome_in_words(row)} ({row['date']})": path_chart(path, at)
            for at, (row, path) in enumerate(drawn)
        },
        excursions=excursion_chart(trades),
        entries={
            "entry hour, New York": by_entry_hour(trades),
            "weekday": by_weekday(trades),
        },
    )
    synthetic = "The market is synthetic: nothing here says anything about a real market."
    remarks = [synthetic] * source.synthetic
    remarks += [str(Checked(**one)) for one in numbers["requirements"]]
    return page(f"{name} on {source.label}", headline(numbers), remarks, [section])

"""Which vendor wrote a file: from its first line."""

import re

HEADLESS = {
    "ninjatrader": r"\d{8} \d{6};",
    "kibot": r"\d\d?/\d\d?/\d{4},\d\d?:\d\d(:\d\d)?,",
    "ib": r'"?\d{8}  ?\d\d:\d\d:\d\d',
    "firstrate": r'"?\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?"?,',
}
"""How the first line of a file without a header begins."""
_PRICES = {"open", "high", "low"}
COLUMNS = {
    "databento": [{"ts_event"}],
    "polygon": [{"window_start"}],
    "barchart": [{"time", "latest", *_PRICES}],
    "sierra": [{"date", "time", *_PRICES}],
    "tradingview": [{"time", "close", *_PRICES}],
    # the same header as FirstRateData: the zone, found in the data, tells them apart
    "own": [
        {stamp, "close", *_PRICES} for stamp in ("timestamp", "datetime", "date_time", "date time")
    ],
    "ib": [{"date", "close", *_PRICES}],
}
"""Columns that are enough to know a vendor by, in this order."""


def headless(line: str) -> str:
    """Vendor of a file whose first line is already a row; empty: it is a header."""
    return next((name for name, begin in HEADLESS.items() if re.match(begin, line)), "")


def by_columns(columns: list[str]) -> str:
    """Vendor of a file with these column names.

    Raises:
        ValueError: none of them; the message names the argument ``vendor``.
    """
    have = {column.lower() for column in columns}
    for name, choices in COLUMNS.items():
        if any(needed <= have for needed in choices):
            return name
    shown = ", ".join(repr(column)[1:-1] for column in columns[:8])[:120]
    raise ValueError(
        f"layout not recognised from the columns {shown}; name them timestamp, open, high, low, "
        "close and volume, or give the argument vendor, one of: "
        f"{', '.join(COLUMNS)}, {', '.join(sorted(set(HEADLESS) - set(COLUMNS)))}, lean"
    )

"""Layouts of bar files: how each vendor names and writes its columns.

A layout knows the columns only; zone, stamp convention and units are settled in ``detect``.
"""

from dataclasses import dataclass

OHLCV = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How one vendor writes bars.

    Attributes:
        name: vendor.
        rename: source column (lower case) -> our column; time columns become ``stamp`` or
            ``date`` and ``time``.
        zone: documented time zone; empty where it must be found in the data.
        stamp: ``"start"`` or ``"end"`` of the bar.
        header: column names where the file has no header.
        optional: further columns that a file without a header may have, all of them or none.
        month_first: whether 03/04/2025 is documented to be a day in March.
    """

    name: str
    rename: dict[str, str]
    zone: str = ""
    stamp: str = "start"
    header: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    month_first: bool = False


STAMPS = ("timestamp", "datetime", "date_time", "date time", "stamp")
"""Headers of a column of stamps that name no vendor."""
_SAME = {name: name for name in OHLCV}
_HEADLESS = ("stamp", *OHLCV)
LAYOUTS: dict[str, Layout] = {
    layout.name: layout
    for layout in (
        Layout(
            name="databento",
            rename=_SAME
            | {"ts_event": "stamp", "symbol": "contract", "instrument_id": "instrument"},
            zone="UTC",
        ),
        Layout(
            name="polygon",
            rename=_SAME | {"window_start": "stamp", "ticker": "contract"},
            zone="UTC",
        ),
        Layout(name="tradingview", rename=_SAME | {"time": "stamp"}, zone="UTC"),
        Layout(
            name="barchart",
            rename=_SAME | {"time": "stamp", "latest": "close", "last": "close"},
            zone="America/Chicago",
        ),
        Layout(
            name="sierra",
            rename=_SAME | {"date": "date", "time": "time", "last": "close"},
        ),
        Layout(
            name="kibot",
            rename=_SAME | {"date": "date", "time": "time"},
            zone="America/New_York",
            header=("date", "time", *OHLCV),
            month_first=True,
        ),
        Layout(
            name="ninjatrader",
            rename=_SAME | {"stamp": "stamp"},
            zone="UTC",
            stamp="end",
            header=_HEADLESS,
        ),
        Layout(
            name="ib",
            rename=_SAME | {"date": "stamp", "stamp": "stamp", "time": "stamp"},
            header=_HEADLESS,
            optional=("trades", "average"),
        ),
        Layout(
            name="firstrate",
            rename=_SAME | dict.fromkeys(STAMPS, "stamp"),
            zone="America/New_York",
            header=_HEADLESS,
        ),
        Layout(
            name="lean",
            rename=_SAME | {"stamp": "stamp", "contract": "contract"},
            zone="UTC",
        ),
        Layout(name="own", rename=_SAME | dict.fromkeys(STAMPS, "stamp") | {"symbol": "contract"}),
    )
}
"""Known layouts by vendor."""

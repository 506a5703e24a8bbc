"""Files of bars that are refused: what is done, and what the message names."""

import bz2
import gzip
import lzma
from pathlib import Path

import gymnax
import pandas as pd

import futures_env
from futures_env import load_market, make_market, synthetic_market
from futures_env.data.importing.importer import import_bars
from futures_env.data.store import open_market, save_market
from tests.integration.bad_tables import (
    MINUTES,
    duplicate,
    every,
    from_bytes,
    from_file,
    from_text,
    half,
    headless,
    ids,
    mixed_zones,
    naive,
    off_tick,
    out_of_order,
    saved_as,
    table,
    text_table,
    two_files,
    with_cell,
    with_symbols,
    zipped,
)  # fmt: skip


def second_bars_of_another_day(folder: Path) -> None:
    frame = table()
    seconds = frame.assign(timestamp=frame["timestamp"] + pd.Timedelta(days=400))
    make_market(frame, "NQ", second_bars=seconds)


def damaged_market(folder: Path) -> None:
    path = folder / "market.npz"
    save_market(synthetic_market(sessions=5), path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))
    open_market(path)


def directory(folder: Path) -> None:
    (folder / "bars.csv").mkdir()
    load_market(folder / "bars.csv", "NQ")


ROW_7 = "row 7"
FILES = {
    # files
    "missing file": (lambda folder: load_market(folder / "no.csv", "NQ"), "no such file.*no.csv"),
    "empty file": (from_text(""), "bars.csv.*empty"),
    "header only": (from_text("timestamp,open,high,low,close,volume\n"), "bars.csv.*no rows"),
    "not gzip": (from_bytes(b"not gzip at all", "bars.csv.gz"), "bars.csv.gz"),
    "not parquet": (from_bytes(b"PAR2 nothing", "bars.parquet"), "bars.parquet"),
    "binary csv": (from_bytes(bytes(range(256)) * 8, "bars.csv"), "bars.csv"),
    "unknown layout": (from_text("a,b,c\n1,2,3\n"), "bars.csv.*vendor"),
    "missing column": (from_file(table().drop(columns="low")), "bars.csv.*(low|vendor)"),
    "no such vendor": (lambda f: import_bars(f / "x.csv", "NQ", vendor="acme"), "vendor.*acme"),
    "no such symbol": (from_file(table().assign(), "b.csv"), "b.csv"),
    "damaged market": (damaged_market, "market.npz.*import the bars again"),
    # rows
    "out of order": (from_file(out_of_order()), "bars.csv.*row 1[01].*order"),
    "duplicate": (from_file(duplicate()), "bars.csv.*row 8.*(twice|duplicate)"),
    "naive frame": (lambda f: make_market(naive(), "NQ"), "timezone-aware"),
    "high below low": (from_file(with_cell("high", 1.0)), f"bars.csv.*{ROW_7}.*high"),
    "low above close": (from_file(with_cell("low", 1e6)), f"bars.csv.*{ROW_7}.*low"),
    "off tick": (from_file(off_tick()), f"bars.csv.*{ROW_7}.*tick"),
    "not a number": (from_file(with_cell("open", float("nan"))), f"bars.csv.*{ROW_7}"),
    "text price": (from_file(with_cell("open", "n/a?")), f"bars.csv.*{ROW_7}.*open"),
    "infinite": (from_file(with_cell("high", float("inf"))), f"bars.csv.*{ROW_7}"),
    "negative price": (from_file(with_cell("low", -5.0)), f"bars.csv.*{ROW_7}"),
    "negative volume": (from_file(with_cell("volume", -1)), f"bars.csv.*{ROW_7}.*volume"),
    "missing stamp": (from_file(with_cell("timestamp", None)), "bars.csv.*row 7.*timestamp"),
    "unreadable stamp": (from_file(with_cell("timestamp", "soon")), "bars.csv.*timestamp"),
    "mixed zones": (from_file(mixed_zones()), "bars.csv.*timestamp"),
    "a directory": (directory, "bars.csv"),
    "seconds in a stamp": (
        from_file(with_cell("timestamp", pd.Timestamp("2025-01-06 23:07:30", tz="UTC"))),
        "bars.csv.*row 7.*whole minute",
    ),
    "too few sessions": (from_file(table(), zone="UTC", stamp="start"), "at least 25"),
    "seconds of another day": (second_bars_of_another_day, "second_bars.*time zone"),
    "bar length": (from_file(table(), bar_minutes=7), "bar_minutes 7|bar_minutes"),
    "policy": (from_file(table(), policy={"gap": "ignore"}), "policy.*(gap|ignore)"),
}  # fmt: skip
LAYOUTS = {
    # the shape of a text
    "a field too few": (text_table(lambda t: t.replace(",100\n", "\n", 1)), "row 0: 5 fields.*6"),
    "a field too many": (text_table(lambda t: t.replace(",100\n", ",100,7\n", 1)), "row 0: 7 f"),
    "open quote": (text_table(lambda t: t.replace(",100\n", ',"100\n', 1)), "row 0: a quota"),
    "not UTF-8": (from_bytes(b"timestamp,open,high,low,close,volume\n\xff\xfe", "bars.csv"),
                  "bars.csv: line 2: byte 0xff is not UTF-8"),
    "UTF-16": (from_bytes("timestamp,open".encode("utf-16"), "bars.csv"), "line 1: byte 0xff"),
    "a zero byte": (text_table(lambda t: t.replace("100", "1\x000", 1)), "line 2: byte 0x00"),
    "header twice": (text_table(lambda t: t.replace("\n", "\n" + t.split("\n")[0] + "\n", 2)),
                     "row 0: timestamp cannot be read as a time: 'timestamp'"),
    "a word for a row": (text_table(lambda t: t.replace("\n", "\nresumed\n", 5)), "row 0: 1 f"),
    "thousands": (text_table(lambda t: t.replace(",100\n", ',"1,000"\n', 1)),
                  "row 0: volume is not a number: '1,000'"),
    "seven fields without header": (
        headless("20250106  09:3{}:00,1,1,1,1,1,9", zone="UTC"), "7 fields without .*6 or 8",
    ),
    "cut gzip": (from_bytes(gzip.compress(b"timestamp,open\n" * 99)[:-9], "bars.csv.gz"),
                 "bars.csv.gz: the gzip data are damaged or cut off"),
    "cut xz": (from_bytes(lzma.compress(b"timestamp,open\n" * 99)[:-9], "bars.xz"), "the xz data"),
    "cut bz2": (from_bytes(bz2.compress(b"timestamp,open\n" * 99)[:-9], "bars.bz2"), "the bz2"),
    "cut zstd": (from_bytes(b"\x28\xb5\x2f\xfd\x04", "bars.zst"), "bars.zst: the zstd data"),
    "cut zip": (from_bytes(b"PK\x03\x04 nothing", "bars.zip"), "bars.zip: the zip is damaged"),
    "cut dbn": (from_bytes(b"DBN\x01\x99\x00\x00\x00", "bars.dbn"), "dbn.*(cut off|databento)"),
    "zip of two files": (zipped(one_csv="a", two_csv="b"), r"holds 2 files \(one.csv, two.csv\)"),
    "zip of nothing": (zipped(), "the zip holds 0 files"),
    # times
    "daily bars": (from_file(every("D")), "bars.csv: these are daily bars"),
    "hourly bars": (from_file(every("h")), "bars.csv: these are hourly bars"),
    "two-hour bars": (from_file(every("2h")), "these are 120-minute bars"),
    "another way of writing": (
        from_file(with_cell("timestamp", "2025-01-06T23:07:00Z")), f"{ROW_7}.*not a time written",
    ),
    "a date that is none": (
        from_file(with_cell("timestamp", "2025-02-30 23:07:00+00:00")), f"{ROW_7}.*2025-02-30",
    ),
    "another century": (
        from_file(with_cell("timestamp", "9025-01-06 23:07:00+00:00")), f"{ROW_7}.*year 9025",
    ),
    "day or month": (headless("3/4/2025 09:3{},1,1,1,1,1"), "vendor"),
    "zone that is no clock": (headless("20250106 09:3{}:00 EST,1,1,1,1,1"), "zone: .*'EST'"),
    "unknown zone": (from_file(table(), zone="Mars/Olympus"), "no such time zone 'Mars/Olympus'"),
    "unknown stamp": (from_file(table(), stamp="middle"), "no such convention 'middle'"),
    "unknown epoch unit": (from_file(table(), epoch_unit="h"), "no such unit 'h'; known: s, ms"),
    "early close": (from_file(table(), early_close=["2025-01-06"]), "not DATE=HH:MM"),
    # contracts and several files
    "a symbol that is none": (from_file(with_symbols("n/a")), f"{ROW_7}: symbol 'n/a' is not"),
    "a symbol of another root": (from_file(with_symbols("ESH5")), f"{ROW_7}: symbol 'ESH5'"),
    "a symbol is missing": (from_file(with_symbols(None)), f"{ROW_7}: symbol is missing"),
    "two instruments": (
        from_file(ids(instrument_id=[1, 2] * (MINUTES // 2))), "instrument_id 1 and 2.*contract",
    ),
    "parts that differ": (two_files(half(table()), half(table()) .assign(volume=7)),
                          "b.csv, row 0: volume of .* is 7, in a.csv, row 0 100"),
    "parts of other lengths": (
        two_files(half(table()), every("5min")), "b.csv: bars of 5 minutes, the other files",
    ),
    "one name is a contract": (
        two_files(half(table()), half(table()), ("NQH5.csv", "more.csv")), "more.csv is not",
    ),
    "row of a second file": (two_files(half(table()), with_cell("low", -5.0)), "b.csv, row 7: low"),
    "no file at all": (lambda f: load_market([]), "no file given"),
    # saved markets
    "symbol of a saved market": (saved_as("ES", symbol="NQ"), "is NQ, but the market says ES"),
    "session of a saved market": (saved_as("NQ", session="globex"), "session is globex.*says rth"),
    "zone of a saved market": (saved_as("NQ", zone="UTC"), "not read anew: zone cannot be given"),
    "saved market among files": (
        lambda f: load_market([f / "a.npz", f / "b.csv"]), "one saved market, or files of bars",
    ),
    "environment of another symbol": (
        lambda f: gymnax.make("FuturesNQ-Phase2", market=synthetic_market("ES", sessions=5)),
        "FuturesNQ-Phase2 trades NQ, the market is of ES",
    ),
    "warm-up": (lambda f: synthetic_market(sessions=5, warm_up_sessions=3), "5 to 20, not 3"),
    "two rules": (
        lambda f: synthetic_market(session=futures_env.SessionRule(), window=30), "put window into",
    ),
}  # fmt: skip

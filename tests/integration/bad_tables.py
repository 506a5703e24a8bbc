"""One well-formed table of bars, and ways to spoil it and hand it in."""

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from futures_env import load_market, synthetic_market
from futures_env.data.store import save_market

MINUTES = 600


def table() -> pd.DataFrame:
    """Well-formed NQ minutes of one day from 18:00 New York."""
    rng = np.random.default_rng(0)
    close = 20_000 + 0.25 * np.cumsum(rng.integers(-8, 9, MINUTES))
    opening = np.concatenate([[20_000.0], close[:-1]])
    high, low = np.maximum(opening, close) + 0.5, np.minimum(opening, close) - 0.5
    stamps = pd.date_range("2025-01-06 23:00", periods=MINUTES, freq="min", tz="UTC")
    columns = {"open": opening, "high": high, "low": low, "close": close, "volume": 100}
    return pd.DataFrame({"timestamp": stamps, **columns})


def with_cell(column: str, value: object, row: int = 7) -> pd.DataFrame:
    frame = table()
    frame[column] = frame[column].astype(object)
    frame.loc[row, column] = value
    return frame


def off_tick() -> pd.DataFrame:
    frame = table()
    frame.loc[7, "high"] += 0.13
    return frame


def from_file(frame: pd.DataFrame, name: str = "bars.csv", **options: object):
    def act(folder: Path) -> None:
        path = folder / name
        frame.to_csv(path, index=False)
        load_market(path, "NQ", **options)

    return act


def from_text(text: str, name: str = "bars.csv"):
    def act(folder: Path) -> None:
        (folder / name).write_text(text)
        load_market(folder / name, "NQ")

    return act


def from_bytes(content: bytes, name: str):
    def act(folder: Path) -> None:
        (folder / name).write_bytes(content)
        load_market(folder / name, "NQ")

    return act


def duplicate() -> pd.DataFrame:
    return pd.concat([table().iloc[:8], table().iloc[7:]])


def out_of_order() -> pd.DataFrame:
    order = np.arange(MINUTES)
    order[[10, 20]] = order[[20, 10]]
    return table().iloc[order]


def naive() -> pd.DataFrame:
    return table().assign(timestamp=lambda t: t["timestamp"].dt.tz_localize(None))


def mixed_zones() -> pd.DataFrame:
    frame = table()
    frame["timestamp"] = frame["timestamp"].astype(str)
    frame.loc[7, "timestamp"] = "2025-01-06 18:07:00-05:00"
    frame.loc[8, "timestamp"] = "2025-01-06 18:08:00"
    return frame


def headless(layout: str, **options: object):
    """A file without a header: rows of the given text with a few minutes."""

    def act(folder: Path) -> None:
        rows = [layout.format(m) for m in range(5)]
        (folder / "bars.csv").write_text("\n".join(rows) + "\n")
        load_market(folder / "bars.csv", "NQ", **options)

    return act


def text_table(change=lambda text: text, name: str = "bars.csv", **options: object):
    """The good table as csv text, changed."""

    def act(folder: Path) -> None:
        (folder / name).write_text(change(table().to_csv(index=False)))
        load_market(folder / name, "NQ", **options)

    return act


def two_files(one: pd.DataFrame, two: pd.DataFrame, names=("a.csv", "b.csv"), **options: object):
    def act(folder: Path) -> None:
        for frame, name in zip((one, two), names, strict=True):
            frame.to_csv(folder / name, index=False)
        load_market([folder / name for name in names], "NQ", **options)

    return act


def zipped(**members: str):
    def act(folder: Path) -> None:
        with zipfile.ZipFile(folder / "bars.zip", "w") as archive:
            for name, text in members.items():
                archive.writestr(name.replace("_", "."), text)
        load_market(folder / "bars.zip", "NQ")

    return act


def saved_as(market_of: str, **claims: object):
    def act(folder: Path) -> None:
        save_market(synthetic_market(market_of, sessions=5), folder / "saved.npz")
        load_market(folder / "saved.npz", **claims)

    return act


def every(frequency: str) -> pd.DataFrame:
    frame = table().iloc[:12]
    stamps = pd.date_range("2025-01-06 05:00", periods=12, freq=frequency, tz="UTC")
    return frame.assign(timestamp=stamps)


def with_symbols(*rare: str) -> pd.DataFrame:
    frame = table().assign(symbol="NQH5")
    for row, name in enumerate(rare, start=7):
        frame.loc[row, "symbol"] = name
    return frame


def ids(**columns: object) -> pd.DataFrame:
    return table().rename(columns={"timestamp": "ts_event"}).assign(**columns)


def half(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.iloc[: MINUTES // 2]

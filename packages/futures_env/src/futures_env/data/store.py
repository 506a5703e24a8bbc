"""A prepared market in one npz file: arrays and a JSON header, nothing executed on loading."""

import json
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from futures_env.data.market import market_hash
from futures_env.market.columns import COLUMNS
from futures_env.market.info import MarketInfo, SessionRule
from futures_env.market.table import ContractTable, MarketData

SCHEMA_VERSION = 3
_TABLE = tuple(ContractTable.__dataclass_fields__)


def save_market(market: MarketData, path: str | Path) -> Path:
    """Write a market; an existing file is replaced only once the new one is whole.

    Args:
        market: any market.
        path: ends in ``.npz``.

    Raises:
        ValueError: another suffix.
    """
    path = Path(path)
    if path.suffix != ".npz":
        raise ValueError(f"{path}: a saved market ends in .npz")
    header = {
        "format": "futures-env market",
        "schema_version": SCHEMA_VERSION,
        "content_hash": market_hash(market),
        "feature_names": market.feature_names,
        "infos": [asdict(info) for info in market.infos],
    }
    arrays = market.columns()
    arrays |= {f"table_{name}": np.asarray(getattr(market.contract_table, name)) for name in _TABLE}
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.savez(file, header=np.frombuffer(json.dumps(header).encode(), np.uint8), **arrays)  # ty: ignore[invalid-argument-type]
    partial.replace(path)
    return path


def read_header(path: str | Path) -> dict[str, Any]:
    """Header of a saved market, without its arrays.

    Raises:
        FileNotFoundError: no such file.
        ValueError: not a saved market, or of another schema version.
    """
    if not Path(path).exists():
        raise FileNotFoundError(f"no such file: {path}")
    try:
        with Path(path).open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            header = json.loads(bytes(file["header"]))
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
        # NumPy's own words on other files advise to unpickle them
        raise ValueError(f"{path}: not a saved market; make one with data import") from error
    if header.get("schema_version") != SCHEMA_VERSION:
        raise ValueError(
            f"{path}: schema version {header.get('schema_version')}, this release reads "
            f"{SCHEMA_VERSION}; import the bars again"
        )
    return header


def open_market(path: str | Path, verify: bool = True) -> MarketData:
    """Load a saved market.

    Args:
        path: written by ``save_market``.
        verify: compare the content hash.

    Raises:
        ValueError: not a saved market, another schema version, or changed content.
    """
    header = read_header(path)
    try:
        with Path(path).open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            columns = {name: file[name] for name in COLUMNS}
            table = {name: jnp.asarray(file[f"table_{name}"]) for name in _TABLE}
        names = tuple(map(str, header["feature_names"]))
        infos = tuple(_read_info(**each) for each in header["infos"])
        market = MarketData.from_columns(
            **columns, contract_table=ContractTable(**table), feature_names=names, infos=infos
        )
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, EOFError) as error:
        raise ValueError(f"{path}: damaged ({error}); import the bars again") from error
    if verify and market_hash(market) != header.get("content_hash"):
        raise ValueError(f"{path}: the content does not match its hash; import the bars again")
    return market


def _read_info(rule: dict[str, Any], early_close: list[str], **fields: Any) -> MarketInfo:
    return MarketInfo(rule=SessionRule(**rule), early_close=tuple(early_close), **fields)

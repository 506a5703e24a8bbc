"""Saved markets: same content, refused when changed, nothing half-written."""

import json
from pathlib import Path

import jax
import numpy as np
import pytest

import futures_env
from futures_env.data.store import open_market, read_header, save_market
from futures_env.market.table import MarketData


@pytest.fixture(scope="module")
def market() -> MarketData:
    """A small market."""
    return futures_env.synthetic_market(sessions=6, seed=9)


def test_round_trip(market: MarketData, tmp_path: Path) -> None:
    """Every leaf with its type, the feature names; load_market reads it too."""
    path = save_market(market, tmp_path / "m.npz")
    for loaded in (open_market(path), futures_env.load_market(path)):
        assert jax.tree.structure(loaded) == jax.tree.structure(market)
        assert loaded.infos == market.infos != ()
        for one, two in zip(jax.tree.leaves(loaded), jax.tree.leaves(market), strict=True):
            assert one.dtype == two.dtype
            np.testing.assert_array_equal(np.asarray(one), np.asarray(two))
    header = read_header(path)
    assert header["feature_names"] == list(market.feature_names) == list(futures_env.FEATURES)
    assert header["content_hash"] == futures_env.market_hash(market)
    assert [p.name for p in tmp_path.iterdir()] == ["m.npz"]


def test_changed_content_is_refused(market: MarketData, tmp_path: Path) -> None:
    """One changed price does not pass the hash; without verify it does."""
    path = save_market(market, tmp_path / "m.npz")
    with np.load(path) as file:
        arrays = {name: file[name].copy() for name in file.files}
    arrays["close"][5] += 1
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match="does not match its hash"):
        open_market(path)
    assert int(open_market(path, verify=False).close[5]) == int(market.close[5]) + 1


@pytest.mark.parametrize(
    ("names", "message"),
    [(["rsi"], "damaged .features has 11 columns, but 1 names"), (None, "damaged"), (7, "damaged")],
)
def test_changed_names_are_refused(
    market: MarketData, tmp_path: Path, names: object, message: str
) -> None:
    """Other feature names in the header, or none."""
    path = save_market(market, tmp_path / "m.npz")
    header = read_header(path) | {"feature_names": names}
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match=message):
        open_market(path)


def test_other_files_are_refused(market: MarketData, tmp_path: Path) -> None:
    """Cut off, foreign, pickled, of another schema, of another suffix."""
    path = save_market(market, tmp_path / "m.npz")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="not a saved market"):
        open_market(path)
    np.savez(path, x=np.array([1]))
    with pytest.raises(ValueError, match="not a saved market"):
        open_market(path)
    np.savez(path, header=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ValueError, match="not a saved market"):
        open_market(path)
    np.savez(path, header=np.frombuffer(b'{"schema_version": 99}', np.uint8))
    with pytest.raises(ValueError, match="schema version 99, this release reads 3"):
        open_market(path)
    with pytest.raises(ValueError, match=r"ends in .npz"):
        save_market(market, tmp_path / "m.parquet")

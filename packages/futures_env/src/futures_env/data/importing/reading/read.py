"""One file to a frame with columns stamp (or date and time), open, ..., volume, contract."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from futures_env.data.importing.reading import binary, lean, recognise, text
from futures_env.data.importing.reading.content import members, unpacked
from futures_env.data.importing.reading.layouts import LAYOUTS, OHLCV, Layout
from futures_env.data.importing.report import Report

if TYPE_CHECKING:
    import pandas as pd


def read_file(path: Path, vendor: str, report: Report) -> tuple[pd.DataFrame, Layout]:
    """Read a file, or a folder of LEAN zips.

    Args:
        path: of any known vendor.
        vendor: name of the layout; empty: told by the content.
        report: records what was decided.

    Raises:
        ValueError: damaged, not recognised, a column or a field missing.
        OSError: cannot be read.
    """
    if path.is_dir() or any(lean.MEMBER.search(name) for name in members(path)):
        frame, found = lean.read_lean(path), "lean"
    else:
        frame, found = _read_content(unpacked(path), vendor, report)
    name = vendor or found
    report.decide(f"vendor = {name} ({'given' if vendor else 'by its columns'})")
    layout = LAYOUTS[name]
    frame = frame.reset_index(drop=True)
    missing = [column for column in OHLCV if column not in frame.columns]
    if not {"stamp", "date"} & set(frame.columns):
        missing.insert(0, "stamp")
    if missing:
        found_names = ", ".join(map(str, frame.attrs.get("columns", frame.columns)))[:200]
        raise ValueError(f"{name}: missing columns {', '.join(missing)}; found: {found_names}")
    return frame, layout


def _read_content(data: bytes, vendor: str, report: Report) -> tuple[pd.DataFrame, str]:
    if data.startswith(b"DBN"):
        return _renamed(binary.read_dbn(data), LAYOUTS["databento"]), "databento"
    if data.startswith(b"PAR1"):
        frame = binary.read_parquet(data)
        name = vendor or recognise.by_columns([str(column) for column in frame.columns])
        return _renamed(frame, LAYOUTS[name]), name
    data = text.clean(data)
    head = text.first_line(data)
    headless = recognise.headless(head)
    name = vendor or headless or recognise.by_columns(text.split(head))
    frame, decided = text.read_text(data, LAYOUTS[name], bool(headless and LAYOUTS[name].header))
    for what in decided:
        report.decide(what)
    frame.attrs["columns"] = text.split(head)
    return frame, name


def _renamed(frame: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    """The known columns by our names; of two with one meaning the first."""
    names: dict[str, str] = {}
    for column in frame.columns:
        ours = layout.rename.get(str(column).strip().lower())
        if ours and ours not in names.values():
            names[column] = ours
    renamed = frame[list(names)].rename(columns=names)
    renamed.attrs["columns"] = list(map(str, frame.columns))
    return renamed

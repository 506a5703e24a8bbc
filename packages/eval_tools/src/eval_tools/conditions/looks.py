"""Looks at held sessions: every different one is a trial, and the verdict counts them."""

import json
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd

from eval_tools.conditions.parameters import scalar_params
from eval_tools.conditions.training import TrainingRecord, run_folder
from futures_env import market_hash
from futures_env.types import EnvParams
from ppo_agent.storage.run_directory import write_atomically

LOOKS = "looks.json"
"""File of a training run: what was evaluated of it, in order."""


def with_looks(
    record: TrainingRecord, checkpoint: Path, sessions: pd.DataFrame, params: EnvParams
) -> TrainingRecord:
    """``record`` with the number of other looks that came before this one, which is noted.

    The same look again gives the same figures, so that it is no further trial.

    Args:
        record: of the run.
        checkpoint: run folder or checkpoint folder that the policy was loaded from.
        sessions: rows of ``session_table`` that are looked at.
        params: parameters traded, with the market.
    """
    look = {
        "checkpoint": record.checkpoint,
        "first_session": f"{sessions['date'].min():%Y-%m-%d}",
        "last_session": f"{sessions['date'].max():%Y-%m-%d}",
        "sessions": len(sessions),
        "market": market_hash(params.market),
        "params": scalar_params(params),
    }
    before = _noted_before(run_folder(checkpoint), look)
    return replace(record, trials=replace(record.trials, looks=before))


def _noted_before(run: Path, look: Mapping[str, Any]) -> int:
    file = run / LOOKS
    seen = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []
    digest = sha256(json.dumps(look, sort_keys=True).encode()).hexdigest()
    digests = [one["sha256"] for one in seen]
    if digest in digests:
        return digests.index(digest)
    write_atomically(file, json.dumps([*seen, {**look, "sha256": digest}], indent=2) + "\n")
    return len(seen)

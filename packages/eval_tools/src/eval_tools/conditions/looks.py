"""Looks at a test range: every different one is a trial, and the verdict says how many there were."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from ppo_agent.storage.run_directory import write_atomically

LOOKS = "looks.json"
"""File of a training run: what was evaluated of it, in order."""


def looks_before(run: Path, look: Mapping[str, Any]) -> int:
    """Record a look at held sessions; returns how many others came before it.

    The same look again gives the same figures, so that it is no further trial.

    Args:
        run: folder of the training run.
        look: what was looked at, JSON-ready: checkpoint, range, conditions.
    """
    file = run / LOOKS
    seen = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []
    digest = sha256(json.dumps(look, sort_keys=True, default=str).encode()).hexdigest()
    digests = [one["sha256"] for one in seen]
    if digest in digests:
        return digests.index(digest)
    entry = json.loads(json.dumps(dict(look), default=str)) | {"sha256": digest}
    write_atomically(file, json.dumps([*seen, entry], indent=2) + "\n")
    return len(seen)

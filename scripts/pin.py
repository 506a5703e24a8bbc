"""Pin every dependency: rewrite the constraints in pyproject.toml and constraints.txt.

Lock files write the registry's host hundreds of times, so the versions (with their markers) are
kept as constraints instead. Run after changing a dependency: ``.venv/bin/python scripts/pin.py``.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXPORT = (
    "export --quiet --all-packages --all-extras --no-extra sb3 --all-groups --no-emit-workspace "
    "--no-header --no-annotate --no-hashes"
)
"""Without ``sb3``: which build of torch is had depends on the machine, see ``make clients``."""


def exported_versions() -> list[str]:
    """Resolve afresh, without the present constraints, and list ``name==version ; marker``."""
    uv = shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
    result = subprocess.run(
        [uv, *EXPORT.split()], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return sorted(line.strip() for line in result.stdout.splitlines() if "==" in line)


def write_constraints(lines: list[str]) -> None:
    """Write the same lines to pyproject.toml and to constraints.txt."""
    manifest = ROOT / "pyproject.toml"
    block = "constraint-dependencies = [\n" + "".join(f'    "{line}",\n' for line in lines) + "]\n"
    text = re.sub(r"constraint-dependencies = \[\n(?:.*\n)*?\]\n", "", manifest.read_text())
    manifest.write_text(text.replace("[tool.uv]\n", "[tool.uv]\n" + block, 1))
    (ROOT / "constraints.txt").write_text("\n".join(lines) + "\n")


def main() -> None:
    """Forget the present pins, resolve, write the new ones."""
    write_constraints([])
    (ROOT / "uv.lock").unlink(missing_ok=True)
    lines = exported_versions()
    write_constraints(lines)
    sys.stdout.write(f"{len(lines)} versions pinned\n")


if __name__ == "__main__":
    main()

"""Shared test setup: compilation cache, hypothesis profiles, where the real bars are."""

import ctypes
import gc
import os
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(ROOT / ".cache" / "jax"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")

import jax  # noqa: E402
import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

# Shapes are fixed and only seeds are drawn, so one compiled function serves every example.
_common = {
    "deadline": None,
    "derandomize": True,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
}
settings.register_profile("default", max_examples=10, **_common)
settings.register_profile("laws", max_examples=100, **_common)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
many_examples = settings(max_examples=10 * settings.default.max_examples)
"""For laws of functions that cost less than a millisecond."""

REAL_DATA = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder with the real bars; skips where they are absent."""
    if not REAL_DATA.is_dir():
        pytest.skip("real data absent: ../shared/data")
    return REAL_DATA


MOST_MEMORY_MAPS = 20_000
"""Linux allows a process 65,530 by default; every compiled program takes several."""

WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
MOST_RESIDENT_BYTES = 3 * 2**29 // WORKERS
"""Half of the 3 GB that a run may take: one module's programs come on top."""


@pytest.fixture(scope="module", autouse=True)
def bounded_memory() -> Iterator[None]:
    """After a module, return what the compiler freed; above a limit, drop compiled programs."""
    yield
    process = Path("/proc/self")
    if not (process / "maps").exists():
        return
    trim_heap()
    resident = int((process / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    maps = (process / "maps").read_text().count("\n")
    if maps > MOST_MEMORY_MAPS or resident > MOST_RESIDENT_BYTES:
        jax.clear_caches()
        gc.collect()
        trim_heap()


def trim_heap() -> None:
    """Give free memory back: glibc keeps what lies under the last block of an arena."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


ALLOWED_SKIPS = [
    re.compile(line)
    for line in (ROOT / "tests" / "allowed_skips.txt").read_text().splitlines()
    if line and not line.startswith("#")
]


def _skip_reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return reason.removeprefix("Skipped: ")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail the run when a test was skipped for a reason that is not on the list."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or exitstatus != pytest.ExitCode.OK:
        return
    skipped = [(r.nodeid, _skip_reason(r)) for r in reporter.stats.get("skipped", [])]
    unlisted = [(n, why) for n, why in skipped if not any(p.search(why) for p in ALLOWED_SKIPS)]
    for nodeid, why in unlisted:
        reporter.write_line(f"skipped for an unlisted reason: {nodeid}: {why}", red=True)
    if unlisted:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED

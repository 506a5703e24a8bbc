"""Shared test setup: compilation cache, hypothesis profiles, where the real bars are."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(ROOT / ".cache" / "jax"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")

import pytest
from hypothesis import HealthCheck, settings

# Shapes are fixed and only seeds are drawn, so one compiled function serves every example.
_common = {
    "deadline": None,
    "derandomize": True,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
}
settings.register_profile("default", max_examples=10, **_common)
settings.register_profile("laws", max_examples=100, **_common)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

REAL_DATA = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder with the real bars; skips where they are absent."""
    if not REAL_DATA.is_dir():
        pytest.skip("real data absent: ../shared/data")
    return REAL_DATA

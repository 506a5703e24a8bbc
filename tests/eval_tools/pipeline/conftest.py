"""One small run for all tests of the pipeline."""

from pathlib import Path

import pytest

from tests.eval_tools.pipeline.small_run import finished


@pytest.fixture(scope="session")
def run(tmp_path_factory) -> Path:
    return finished(tmp_path_factory.mktemp("pipeline"))

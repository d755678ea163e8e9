from __future__ import annotations

import pytest

from tests.workflow.project import Project, fresh


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Project:
    """The test tier, run to its end. Not to be changed: take a copy."""
    project = fresh(tmp_path_factory.mktemp("finished") / "nsgraph")
    done = project.run()
    assert done.returncode == 0, done.stdout
    return project


@pytest.fixture
def project(finished, tmp_path) -> Project:
    """A finished project that a test may change."""
    return finished.copy(tmp_path / "nsgraph")

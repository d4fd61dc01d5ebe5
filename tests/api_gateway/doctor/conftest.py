"""Certificates, made once."""

from __future__ import annotations

import pytest

from tests.api_gateway.doctor.world import Papers, make_papers


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return make_papers(tmp_path_factory.mktemp("certificates"))

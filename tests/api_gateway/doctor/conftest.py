"""Certificates, created once."""

from __future__ import annotations

import pytest

from tests.api_gateway.doctor.world import CertificateSet, make_certificate_set


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> CertificateSet:
    return make_certificate_set(tmp_path_factory.mktemp("certificates"))

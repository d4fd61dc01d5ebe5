"""What every test has: a user's data folder of its own."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(scope="session", autouse=True)
def temporary_user_data_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let no process that a test starts use the data folder of whoever runs the tests."""
    os.environ["XDG_DATA_HOME"] = str(tmp_path_factory.mktemp("user-data"))

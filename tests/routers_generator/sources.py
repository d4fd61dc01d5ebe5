"""Documents for tests of whole documents: the small one, and IBKR's where IBKR_DOCUMENT names a copy."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import pytest

from tests.routers_generator.ibkr_document import VARIABLE, needs_ibkr_document

SMALL_DOCUMENT: Final = Path(__file__).with_name("small_document.json")

SOURCES: Final = (
    pytest.param(SMALL_DOCUMENT, id="small"),
    pytest.param(Path(os.environ.get(VARIABLE, "")).resolve(), id="ibkr", marks=needs_ibkr_document),
)

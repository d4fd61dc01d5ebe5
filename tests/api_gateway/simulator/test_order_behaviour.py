from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from api_gateway.simulator.order_behaviour import OrderBehaviour
from api_gateway.simulator.web_api.order_entry.confirmation_rules import CONFIRMATION_RULES


@pytest.fixture
def section() -> str:
    """Return the section about orders of SIMULATOR.md."""
    document = (Path(__file__).parents[3] / "SIMULATOR.md").read_text()
    return document.partition("## Orders and confirmations\n")[2].partition("\n## ")[0]


def test_every_field_is_documented_with_its_default(section: str) -> None:
    for name, default in OrderBehaviour().model_dump().items():
        assert f"| `{name}` | {str(default).lower()} |" in section


def test_every_question_is_documented(section: str) -> None:
    assert [rule.message_id for rule in CONFIRMATION_RULES if rule.message_id not in section] == []


def test_the_behaviour_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValidationError):
        OrderBehaviour().cancel_seconds = 1.0  # type: ignore[misc]  # This must fail at run time, too.

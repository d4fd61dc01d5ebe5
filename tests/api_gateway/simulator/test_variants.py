from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.variants import Variants, parse_variants


def test_variants_are_parsed_from_pairs() -> None:
    assert parse_variants("") == Variants()
    assert parse_variants(" order_stream = ids , quote_minutes=10,without_login=401,") == Variants(
        order_stream="ids", quote_minutes=10, without_login="401"
    )


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("order_stream", "order_stream"),
        ("orders=ids", "order_stream"),
        ("quote_minutes=12", "quote_minutes"),
        ("quote_minutes=ten", "quote_minutes"),
        ("order_refusals=-1", "order_refusals"),
        ("order_stream=full,order_stream=", "order_stream"),
    ],
)
def test_an_invalid_variant_is_an_error_that_names_it(text: str, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        parse_variants(text)


async def test_a_control_command_changes_the_variants_that_it_names(
    gateway: httpx.AsyncClient, simulation: Simulation
) -> None:
    await gateway.post("/simulator/variants", json={"quote_minutes": 10})
    answer = await gateway.post("/simulator/variants", json={"order_refusals": 3})
    assert answer.json()["variants"] == Variants(quote_minutes=10, order_refusals=3).model_dump()
    assert simulation.variants == Variants(quote_minutes=10, order_refusals=3)
    assert (await gateway.post("/simulator/variants", json={"order_stream": "some"})).status_code == 400
    assert simulation.variants.order_stream == "full"


def test_every_variant_is_documented_with_its_default() -> None:
    document = (Path(__file__).parents[3] / "SIMULATOR.md").read_text()
    section = document.partition("### Variants\n")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]
    assert {row[0].strip("`"): row[1].strip("`") for row in rows} == {
        name: str(value) for name, value in Variants().model_dump().items()
    }

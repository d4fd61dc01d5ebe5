from __future__ import annotations

from typing import Any

import pytest

from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.web_api.route_table import RouteTable
from api_gateway.simulator.web_api.routing import ApiRequest, RequiredSession, Section

SECTION = Section("Anything")


@SECTION.route("GET", "/portfolio/{accountId}/meta", requires=RequiredSession.LOGIN)
@SECTION.route("GET", "/portfolio/{accountId}/{what}", requires=RequiredSession.LOGIN)
@SECTION.route("GET", "/portfolio/positions/{conid}", requires=RequiredSession.LOGIN)
@SECTION.route("GET", "/portfolio/accounts", requires=RequiredSession.LOGIN)
@SECTION.route("GET", "/portfolio/{accountId}", requires=RequiredSession.LOGIN)
@SECTION.route("POST", "/portfolio/{accountId}", requires=RequiredSession.LOGIN)
def answer(simulation: Simulation, call: ApiRequest) -> Any:  # noqa: ARG001
    return None


@pytest.fixture
def endpoints() -> RouteTable:
    return RouteTable([SECTION])


@pytest.mark.parametrize(
    ("path", "template", "values"),
    [
        ("/portfolio/accounts", "/portfolio/accounts", {}),
        ("/portfolio/DU1", "/portfolio/{accountId}", {"accountId": "DU1"}),
        ("/portfolio/DU1/meta", "/portfolio/{accountId}/meta", {"accountId": "DU1"}),
        ("/portfolio/DU1/ledger", "/portfolio/{accountId}/{what}", {"accountId": "DU1", "what": "ledger"}),
        ("/portfolio/positions/8314", "/portfolio/positions/{conid}", {"conid": "8314"}),
    ],
)
def test_a_literal_segment_wins_over_a_variable(
    endpoints: RouteTable, path: str, template: str, values: dict[str, str]
) -> None:
    result = endpoints.find("GET", path)
    assert result is not None
    assert (result.endpoint.template, result.path_params) == (template, values)


@pytest.mark.parametrize(
    "path", ["", "/", "portfolio/accounts", "/portfolio", "/portfolio//meta", "/portfolio/"]
)
def test_an_unknown_path_is_not_found(endpoints: RouteTable, path: str) -> None:
    assert endpoints.find("GET", path) is None
    assert endpoints.allowed_methods(path) == []


def test_one_trailing_slash_is_ignored(endpoints: RouteTable) -> None:
    result = endpoints.find("GET", "/portfolio/DU1/meta/")
    assert result is not None
    assert (result.endpoint.template, result.path_params) == (
        "/portfolio/{accountId}/meta",
        {"accountId": "DU1"},
    )
    assert endpoints.allowed_methods("/portfolio/DU1/") == ["GET", "POST"]
    assert endpoints.find("GET", "/portfolio/DU1//") is None


def test_an_encoded_slash_is_part_of_the_value(endpoints: RouteTable) -> None:
    result = endpoints.find("GET", "/portfolio/DU1%2Fmeta")
    assert result is not None
    assert result.path_params == {"accountId": "DU1/meta"}


def test_allowed_methods_lists_the_methods_of_a_path(endpoints: RouteTable) -> None:
    assert endpoints.allowed_methods("/portfolio/DU1") == ["GET", "POST"]
    assert endpoints.find("DELETE", "/portfolio/DU1") is None

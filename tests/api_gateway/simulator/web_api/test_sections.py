"""Properties of all sections together."""

from __future__ import annotations

from collections import Counter
from importlib import import_module
from pkgutil import iter_modules

from api_gateway.simulator.web_api import sections
from api_gateway.simulator.web_api.routing import RequiredSession

# These are served by the gateway or need only the login.
WITHOUT_BROKERAGE = {
    "/iserver/auth/ssodh/init",
    "/iserver/auth/ssodh/response",
    "/iserver/auth/status",
    "/iserver/reauthenticate",
}


def test_every_module_is_a_section_that_is_served() -> None:
    modules = [
        import_module(f"{sections.__name__}.{found.name}") for found in iter_modules(sections.__path__)
    ]
    assert {id(module.SECTION) for module in modules} == {id(section) for section in sections.all_sections()}


def test_no_endpoint_is_served_by_two_sections() -> None:
    endpoints = Counter(
        (endpoint.method, endpoint.template)
        for section in sections.all_sections()
        for endpoint in section.endpoints
    )
    assert [endpoint for endpoint, count in endpoints.items() if count > 1] == []


def test_only_paths_below_iserver_and_fa_need_the_brokerage_session() -> None:
    for section in sections.all_sections():
        for endpoint in section.endpoints:
            below = (
                endpoint.template.startswith(("/iserver/", "/fa/"))
                and endpoint.template not in WITHOUT_BROKERAGE
            )
            assert (endpoint.requires is RequiredSession.BROKERAGE) is below, endpoint.template

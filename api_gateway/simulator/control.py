"""`/simulator/*`: what a test, or a person, does to the simulator from outside. IBKR has no such thing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from api_gateway.simulator.faults import Fault
from api_gateway.simulator.simulation import Simulation

TEN_YEARS = 315_360_000


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Nothing(_Order):
    """No arguments."""


class Advance(_Order):
    """Move the simulated clock forward."""

    seconds: Annotated[float, Field(ge=0, le=TEN_YEARS, allow_inf_nan=False)]


class Price(_Order):
    """Pin the price of one instrument; null lets it move again."""

    conid: Annotated[int, Field(gt=0)]
    price: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None


class Halt(_Order):
    """Halt one instrument, or let it trade again."""

    conid: Annotated[int, Field(gt=0)]
    halted: bool = True


class UnacceptableError(Exception):
    """A control call that means nothing; `str()` is a sentence."""


def state(simulation: Simulation) -> dict[str, Any]:
    """Everything a test may want to look at."""
    session = simulation.session
    return {
        "state": session.state.value,
        "now": simulation.clock.now(),
        "time": datetime.fromtimestamp(simulation.clock.now(), tz=UTC).isoformat(),
        "held": simulation.clock.held,
        "loggedInAt": session.logged_in_at,
        "loginExpiresMs": session.login_expires_ms,
        "lastRequest": session.last_request,
        "rival": session.rival,
        "secondsInPenaltyBox": simulation.limits.seconds_in_box,
        "faults": simulation.faults.listed(),
        "accountId": simulation.options.account_id,
        "strict": simulation.options.strict,
    }


def _advance(simulation: Simulation, order: Advance) -> None:
    simulation.clock.advance(order.seconds)


def _midnight(simulation: Simulation, _: Nothing) -> None:
    simulation.clock.advance(simulation.session.next_midnight() - simulation.clock.now())


def _idle(simulation: Simulation, _: Nothing) -> None:
    simulation.clock.advance(simulation.session.idle_seconds)


def _price(simulation: Simulation, order: Price) -> None:
    _require_instrument(simulation, order.conid)
    simulation.prices.set_price(order.conid, order.price)


def _halt(simulation: Simulation, order: Halt) -> None:
    _require_instrument(simulation, order.conid)
    (simulation.prices.halt if order.halted else simulation.prices.resume)(order.conid)


def _fault(simulation: Simulation, fault: Fault) -> None:
    simulation.faults.add(fault)


def _require_instrument(simulation: Simulation, conid: int) -> None:
    if simulation.universe.by_conid(conid) is None:
        raise UnacceptableError(f"The simulator has no instrument with conid {conid}.")


# path → (the body it takes, what it does)
ORDERS: dict[str, tuple[type[BaseModel], Callable[[Simulation, Any], None]]] = {
    "login": (Nothing, lambda simulation, _: simulation.session.login()),
    "logout": (Nothing, lambda simulation, _: simulation.session.logout()),
    "drop": (Nothing, lambda simulation, _: simulation.session.drop()),
    "reset": (Nothing, lambda simulation, _: simulation.session.reset()),
    "compete": (Nothing, lambda simulation, _: simulation.session.displace()),
    "advance": (Advance, _advance),
    "midnight": (Nothing, _midnight),
    "idle": (Nothing, _idle),
    "hold": (Nothing, lambda simulation, _: simulation.clock.hold()),
    "release": (Nothing, lambda simulation, _: simulation.clock.release()),
    "pardon": (Nothing, lambda simulation, _: simulation.limits.pardon()),
    "fault": (Fault, _fault),
    "faults/clear": (Nothing, lambda simulation, _: simulation.faults.clear()),
    "price": (Price, _price),
    "halt": (Halt, _halt),
}


def control_routes(simulation: Simulation) -> list[Route]:
    """`GET /simulator/state`, and `POST /simulator/<order>` for each order; both answer the state."""

    async def show(_: Request) -> JSONResponse:
        return JSONResponse(state(simulation))

    async def obey(request: Request) -> JSONResponse:
        name = request.url.path.removeprefix("/simulator/")
        takes, act = ORDERS[name]
        try:
            order = takes.model_validate_json(await request.body() or b"{}")
            act(simulation, order)
        except ValidationError as problem:
            return JSONResponse({"error": _sentence(name, takes, problem)}, status_code=400)
        except UnacceptableError as problem:
            return JSONResponse({"error": str(problem)}, status_code=400)
        return JSONResponse(state(simulation))

    return [
        Route("/simulator/state", show, methods=["GET"]),
        *(Route(f"/simulator/{name}", obey, methods=["POST"]) for name in ORDERS),
    ]


def _sentence(name: str, takes: type[BaseModel], problem: ValidationError) -> str:
    first = problem.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    known = ", ".join(takes.model_fields) or "nothing"
    place = f" at {where!r}" if where else ""
    return f"POST /simulator/{name} was not understood{place}: {first['msg']}. It takes {known}."

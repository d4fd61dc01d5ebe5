"""`/simulator/*`: what a test, or a person, does to the simulator from outside. IBKR has no such thing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from api_gateway.simulator.faults import Fault
from api_gateway.simulator.session.session import EVENTS
from api_gateway.simulator.simulation import Simulation

TEN_YEARS = 315_360_000


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Nothing(_Body):
    """No arguments."""


class Advance(_Body):
    """Move the simulated clock forward."""

    seconds: Annotated[float, Field(ge=0, le=TEN_YEARS, allow_inf_nan=False)]


class Price(_Body):
    """Pin the price of one instrument; null lets it move again."""

    conid: Annotated[int, Field(gt=0)]
    price: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None


class Halt(_Body):
    """Halt one instrument, or let it trade again."""

    conid: Annotated[int, Field(gt=0)]
    halted: bool = True


class Rejected(_Body):
    """Let the exchange refuse one working order, which becomes Inactive."""

    order: Annotated[int, Field(gt=0)]


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
        "profile": simulation.options.profile,
        "accounts": list(simulation.accounts),
        "accountId": simulation.selected,
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


def _reject(simulation: Simulation, order: Rejected) -> None:
    found = [broker for broker in simulation.accounts.values() if order.order in broker.orders]
    working = [broker for broker in found if broker.orders[order.order].status.working]
    if not working:
        raise UnacceptableError(f"No working order has the number {order.order}.")
    for broker in working:
        simulation.desk.reject(broker, broker.orders[order.order])


def _fault(simulation: Simulation, fault: Fault) -> None:
    simulation.faults.add(fault)


def _require_instrument(simulation: Simulation, conid: int) -> None:
    if simulation.universe.by_conid(conid) is None:
        raise UnacceptableError(f"The simulator has no instrument with conid {conid}.")


@dataclass(frozen=True)
class Order:
    """What `POST /simulator/<name>` does, in words, with which body, and how."""

    does: str
    act: Callable[[Simulation, Any], None]
    takes: type[BaseModel] = Nothing


def _event(name: str) -> Callable[[Simulation, Any], None]:
    return lambda simulation, _: EVENTS[name](simulation.session)


ORDERS: Mapping[str, Order] = MappingProxyType(
    {
        "login": Order("log in, as the button of the login page does", _event("login")),
        "logout": Order("end the login", _event("logout")),
        "drop": Order("close the brokerage session, keep the login", _event("drop")),
        "reset": Order("do what happens at 01:00 in New York", _event("reset")),
        "compete": Order("let another program take the brokerage session", _event("compete")),
        "leave": Order("let the other program log out", _event("leave")),
        "advance": Order("move the clock forward by `seconds`", _advance, Advance),
        "midnight": Order("move the clock to the next midnight in New York", _midnight),
        "idle": Order("move the clock by the idle time", _idle),
        "hold": Order("stop the clock", lambda simulation, _: simulation.clock.hold()),
        "release": Order("let the clock go on", lambda simulation, _: simulation.clock.release()),
        "pardon": Order("leave the penalty box", lambda simulation, _: simulation.limits.pardon()),
        "fault": Order("add a scripted fault {match, when, do}", _fault, Fault),
        "faults/clear": Order("remove all faults", lambda simulation, _: simulation.faults.clear()),
        "price": Order("pin the price of `conid`; null lets it move again", _price, Price),
        "reject": Order(
            "let the exchange refuse the order with the number `order`, which becomes Inactive",
            _reject,
            Rejected,
        ),
        "halt": Order("halt `conid`, or with `halted` false let it trade", _halt, Halt),
    }
)


def control_routes(simulation: Simulation) -> list[Route]:
    """`GET /simulator` explains; `GET /simulator/state` and each `POST` of an order answer the state."""

    async def explain(_: Request) -> JSONResponse:
        orders = {f"POST /simulator/{name}": order.does for name, order in ORDERS.items()}
        return JSONResponse({"GET /simulator/state": "everything a test may want to look at", **orders})

    async def show(_: Request) -> JSONResponse:
        return JSONResponse(state(simulation))

    async def obey(request: Request) -> JSONResponse:
        name = request.url.path.removeprefix("/simulator/")
        order = ORDERS[name]
        try:
            takes = order.takes.model_validate_json(await request.body() or b"{}")
            # What was due before comes first: a halt, a price or a cut session is nothing that it knew of.
            simulation.catch_up()
            order.act(simulation, takes)
        except ValidationError as problem:
            return JSONResponse({"error": _sentence(name, order.takes, problem)}, status_code=400)
        except UnacceptableError as problem:
            return JSONResponse({"error": str(problem)}, status_code=400)
        return JSONResponse(state(simulation))

    return [
        Route("/simulator", explain, methods=["GET"]),
        Route("/simulator/state", show, methods=["GET"]),
        *(Route(f"/simulator/{name}", obey, methods=["POST"]) for name in ORDERS),
    ]


def _sentence(name: str, takes: type[BaseModel], problem: ValidationError) -> str:
    first = problem.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    known = ", ".join(takes.model_fields) or "nothing"
    place = f" at {where!r}" if where else ""
    return f"POST /simulator/{name} was not understood{place}: {first['msg']}. It takes {known}."

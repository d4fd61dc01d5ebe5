"""Control endpoints `/simulator/*`: a test or a person changes the simulation. IBKR has no equivalent."""

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

from api_gateway.simulator.accounts.paper_account import PaperAccount
from api_gateway.simulator.faults import Fault
from api_gateway.simulator.order_behaviour import OrderBehaviour
from api_gateway.simulator.session.session import SESSION_EVENTS
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.variants import Variants
from api_gateway.simulator.web_api.order_entry.prompts import open_prompt

TEN_YEARS = 315_360_000


class _CommandBody(BaseModel):
    model_config = ConfigDict(extra="forbid")


class EmptyBody(_CommandBody):
    """No arguments."""


class AdvanceBody(_CommandBody):
    """Move the simulated clock forward."""

    seconds: Annotated[float, Field(ge=0, le=TEN_YEARS, allow_inf_nan=False)]


class PriceBody(_CommandBody):
    """Fix the price of one instrument; null lets it move again."""

    conid: Annotated[int, Field(gt=0)]
    price: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None


class HaltBody(_CommandBody):
    """Halt trading in one instrument, or resume it."""

    conid: Annotated[int, Field(gt=0)]
    halted: bool = True


class RejectBody(_CommandBody):
    """Make the exchange reject one working order, which becomes Inactive."""

    order: Annotated[int, Field(gt=0)]


class PromptBody(_CommandBody):
    """Offer price management for one working order, which then waits for the choice."""

    order: Annotated[int, Field(gt=0)]


class InvalidCommandError(Exception):
    """A command that cannot be carried out; `str()` is a sentence."""


def describe_state(simulation: Simulation) -> dict[str, Any]:
    """The state of the simulation as JSON: session, clock, accounts, penalty and faults."""
    session = simulation.session
    return {
        "state": session.state.value,
        "now": simulation.clock.now(),
        "time": datetime.fromtimestamp(simulation.clock.now(), tz=UTC).isoformat(),
        "held": simulation.clock.is_frozen,
        "loggedInAt": session.logged_in_at,
        "loginExpiresMs": session.login_expires_ms,
        "lastRequest": session.last_request,
        "rival": session.is_competing,
        "secondsInPenaltyBox": simulation.rate_limits.penalty_seconds_left,
        "faults": simulation.faults.to_json(),
        "profile": simulation.options.profile,
        "accounts": list(simulation.accounts),
        "accountId": simulation.selected_account_id,
        "strict": simulation.options.strict,
        "variants": simulation.variants.model_dump(),
        "orders": simulation.order_behaviour.model_dump(),
    }


def _advance(simulation: Simulation, body: AdvanceBody) -> None:
    simulation.clock.advance(body.seconds)


def _advance_to_midnight(simulation: Simulation, _: EmptyBody) -> None:
    simulation.clock.advance(simulation.session.next_midnight() - simulation.clock.now())


def _advance_idle_time(simulation: Simulation, _: EmptyBody) -> None:
    simulation.clock.advance(simulation.session.idle_seconds)


def _override_price(simulation: Simulation, body: PriceBody) -> None:
    _require_instrument(simulation, body.conid)
    simulation.prices.override_price(body.conid, body.price)


def _halt(simulation: Simulation, body: HaltBody) -> None:
    _require_instrument(simulation, body.conid)
    (simulation.prices.halt if body.halted else simulation.prices.resume)(body.conid)


def _reject_order(simulation: Simulation, body: RejectBody) -> None:
    for paper_account in _accounts_with_working_order(simulation, body.order):
        simulation.execution_simulator.reject(paper_account, paper_account.orders[body.order])


def _prompt(simulation: Simulation, body: PromptBody) -> None:
    _accounts_with_working_order(simulation, body.order)
    open_prompt(simulation, body.order)


def _set_order_behaviour(simulation: Simulation, body: OrderBehaviour) -> None:
    changes = body.model_dump(exclude_unset=True)
    simulation.order_behaviour = simulation.order_behaviour.model_copy(update=changes)


def _accounts_with_working_order(simulation: Simulation, order_id: int) -> list[PaperAccount]:
    found = [account for account in simulation.accounts.values() if order_id in account.orders]
    working = [account for account in found if account.orders[order_id].status.is_working]
    if not working:
        raise InvalidCommandError(f"No working order has the ID {order_id}.")
    return working


def _add_fault(simulation: Simulation, fault: Fault) -> None:
    simulation.faults.add(fault)


def _change_variants(simulation: Simulation, variants: Variants) -> None:
    changes = variants.model_dump(exclude_unset=True)
    simulation.variants = simulation.variants.model_copy(update=changes)


def _require_instrument(simulation: Simulation, conid: int) -> None:
    if simulation.universe.by_conid(conid) is None:
        raise InvalidCommandError(f"The simulator has no instrument with conid {conid}.")


@dataclass(frozen=True)
class ControlCommand:
    """One `POST /simulator/<name>`: its description, the function that runs it, and the model of its body."""

    description: str
    run: Callable[[Simulation, Any], None]
    body_model: type[BaseModel] = EmptyBody


def _session_event(name: str) -> Callable[[Simulation, Any], None]:
    return lambda simulation, _: SESSION_EVENTS[name](simulation.session)


COMMANDS: Mapping[str, ControlCommand] = MappingProxyType(
    {
        "login": ControlCommand("log in, like the button on the login page", _session_event("login")),
        "logout": ControlCommand("end the login", _session_event("logout")),
        "drop": ControlCommand("close the brokerage session but keep the login", _session_event("drop")),
        "reset": ControlCommand("run the nightly reset of 01:00 New York time", _session_event("reset")),
        "compete": ControlCommand(
            "let another program take the brokerage session", _session_event("compete")
        ),
        "leave": ControlCommand("let the other program log out", _session_event("leave")),
        "advance": ControlCommand("advance the clock by `seconds`", _advance, AdvanceBody),
        "midnight": ControlCommand("advance the clock to midnight in New York", _advance_to_midnight),
        "idle": ControlCommand("advance the clock by the idle timeout", _advance_idle_time),
        "hold": ControlCommand("stop the clock", lambda simulation, _: simulation.clock.freeze()),
        "release": ControlCommand("restart the clock", lambda simulation, _: simulation.clock.resume()),
        "pardon": ControlCommand(
            "leave the penalty box", lambda simulation, _: simulation.rate_limits.clear()
        ),
        "fault": ControlCommand("add a scripted fault {match, when, do}", _add_fault, Fault),
        "faults/clear": ControlCommand("remove all faults", lambda simulation, _: simulation.faults.clear()),
        "variants": ControlCommand(
            "choose what the simulator does where sources disagree about IBKR", _change_variants, Variants
        ),
        "price": ControlCommand(
            "fix the price of `conid`; null lets it move again", _override_price, PriceBody
        ),
        "reject": ControlCommand(
            "make the exchange reject the order with the ID `order`, which becomes Inactive",
            _reject_order,
            RejectBody,
        ),
        "prompt": ControlCommand(
            "offer price management for the working order with the ID `order`",
            _prompt,
            PromptBody,
        ),
        "orders": ControlCommand(
            "set how orders are handled where IBKR's behaviour varies",
            _set_order_behaviour,
            OrderBehaviour,
        ),
        "halt": ControlCommand("halt trading in `conid`; resume it if `halted` is false", _halt, HaltBody),
    }
)


def control_routes(simulation: Simulation) -> list[Route]:
    """The control routes: `GET /simulator` lists the commands; the others return the state."""

    async def list_commands(_: Request) -> JSONResponse:
        orders = {f"POST /simulator/{name}": order.description for name, order in COMMANDS.items()}
        return JSONResponse({"GET /simulator/state": "show the state of the simulation", **orders})

    async def show_state(_: Request) -> JSONResponse:
        return JSONResponse(describe_state(simulation))

    async def run_command(request: Request) -> JSONResponse:
        name = request.url.path.removeprefix("/simulator/")
        command = COMMANDS[name]
        try:
            body = command.body_model.model_validate_json(await request.body() or b"{}")
            # Events that are already due come first: the command must not affect them.
            simulation.catch_up()
            command.run(simulation, body)
        except ValidationError as problem:
            return JSONResponse({"error": _format_error(name, command.body_model, problem)}, status_code=400)
        except InvalidCommandError as problem:
            return JSONResponse({"error": str(problem)}, status_code=400)
        return JSONResponse(describe_state(simulation))

    return [
        Route("/simulator", list_commands, methods=["GET"]),
        Route("/simulator/state", show_state, methods=["GET"]),
        *(Route(f"/simulator/{name}", run_command, methods=["POST"]) for name in COMMANDS),
    ]


def _format_error(name: str, body_model: type[BaseModel], problem: ValidationError) -> str:
    first = problem.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    known = ", ".join(body_model.model_fields) or "none"
    place = f" at {where!r}" if where else ""
    return f"POST /simulator/{name}: invalid body{place}: {first['msg']}. Supported fields: {known}."

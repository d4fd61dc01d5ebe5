"""Scripted faults: which request, when, and what happens to it instead of or on top of its answer."""

from __future__ import annotations

import random
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)]
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")]
HeaderValue = Annotated[str, Field(pattern=r"^[ -~]*$")]
HUGE_BYTES_LIMIT = 200_000_000


class _FaultPart(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RequestPattern(_FaultPart):
    """Which requests: the method, and a glob over the path below `/v1/api`, such as `/iserver/*`."""

    method: str | None = None
    path: str = "*"

    def matches(self, method: str, path: str) -> bool:
        """True if a request is one of these."""
        return (self.method is None or self.method.upper() == method) and fnmatchcase(path, self.path)


class FaultSchedule(_FaultPart):
    """Which of the matching: skip `after`, then each `every`-th, with `probability`, at most `times`."""

    times: Annotated[int, Field(ge=1)] | None = None
    after: Annotated[int, Field(ge=0)] = 0
    every: Annotated[int, Field(ge=1)] = 1
    probability: Annotated[float, Field(ge=0, le=1)] = 1.0


class SlowBody(_FaultPart):
    """The body goes out `bytes` at a time, with `seconds` between."""

    bytes: Annotated[int, Field(ge=1)] = 1
    seconds: Seconds = 1.0


class FaultAction(_FaultPart):
    """What happens.

    First: `session` lets that happen to the session (`drop` closes the brokerage session, `compete` gives
    it to another program, `leave` lets that one log out), `delay_seconds` waits.
    Instead of the answer: `hang` (none until the client leaves), or any of `status`, `body` (a string goes
    out as it is, anything else as JSON), `html`, `huge_bytes` (a JSON string of that length). With `perform`
    the request takes effect all the same and only its answer is lost.
    On top of the answer: `headers` are added; `truncate` sends so many bytes (`true`: half) as a complete
    message; `declare` promises that many bytes in Content-Length and then closes; `drip` sends it slowly;
    `reset` cuts the connection after so many bytes (`true`: half).
    """

    session: Literal["login", "logout", "drop", "reset", "compete", "leave"] | None = None
    delay_seconds: Seconds = 0.0
    hang: bool = False
    perform: bool = False
    status: Annotated[int, Field(ge=200, le=599)] | None = None
    body: Any = None
    html: str | None = None
    huge_bytes: Annotated[int, Field(ge=2, le=HUGE_BYTES_LIMIT)] | None = None
    headers: dict[HeaderName, HeaderValue] = {}
    truncate: Annotated[int, Field(ge=0)] | Literal[True] | None = None
    declare: Annotated[int, Field(ge=1)] | None = None
    drip: SlowBody | None = None
    reset: Annotated[int, Field(ge=0)] | Literal[True] | None = None

    @property
    def replaces_response(self) -> bool:
        """True if the true answer is not sent."""
        return self.hang or bool({"status", "body", "html", "huge_bytes"} & self.model_fields_set)


class Fault(_FaultPart):
    """One scripted fault."""

    match: RequestPattern = RequestPattern()
    when: FaultSchedule = FaultSchedule()
    do: FaultAction


class FaultInjector:
    """The faults in force, in the order in which they were added; the first one that fires is taken."""

    def __init__(self, *, seed: int = 1) -> None:
        self._seed = seed
        self._scripted_faults: list[_ScriptedFault] = []

    def add(self, fault: Fault) -> None:
        """Put a fault in force."""
        # Reproducible chaos is the point; nothing here is a secret.
        chance = random.Random(f"{self._seed}:{len(self._scripted_faults)}")  # noqa: S311
        self._scripted_faults.append(_ScriptedFault(fault, chance))

    def clear(self) -> None:
        """Take all faults out of force."""
        self._scripted_faults.clear()

    def next_action(self, method: str, path: str) -> FaultAction | None:
        """What is to happen to this request, if anything; counts it."""
        for script in self._scripted_faults:
            if script.should_fire(method, path):
                return script.fault.do
        return None

    def to_json(self) -> list[dict[str, Any]]:
        """Every fault in force with the number of times it was seen and fired."""
        return [
            {**script.fault.model_dump(exclude_unset=True), "seen": script.seen, "fired": script.fired}
            for script in self._scripted_faults
        ]


class _ScriptedFault:
    def __init__(self, fault: Fault, rng: random.Random) -> None:
        self.fault = fault
        self.seen = 0
        self.fired = 0
        self._rng = rng

    def should_fire(self, method: str, path: str) -> bool:
        when = self.fault.when
        if not self.fault.match.matches(method, path):
            return False
        self.seen += 1
        due = self.seen - when.after
        if due < 1 or (due - 1) % when.every or (when.times is not None and self.fired >= when.times):
            return False
        if self._rng.random() >= when.probability:
            return False
        self.fired += 1
        return True

"""Fault injection: which requests fail, when, and what replaces or alters their responses."""

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
    """Which requests a fault applies to: a method, and a glob for the path such as `/iserver/*`."""

    method: str | None = None
    path: str = "*"

    def matches(self, method: str, path: str) -> bool:
        """True if the pattern covers the request."""
        return (self.method is None or self.method.upper() == method) and fnmatchcase(path, self.path)


class FaultSchedule(_FaultPart):
    """Which matching requests fail: after `after`, each `every`-th with `probability`, at most `times`."""

    times: Annotated[int, Field(ge=1)] | None = None
    after: Annotated[int, Field(ge=0)] = 0
    every: Annotated[int, Field(ge=1)] = 1
    probability: Annotated[float, Field(ge=0, le=1)] = 1.0


class SlowBody(_FaultPart):
    """The body is sent `bytes` at a time, with `seconds` in between."""

    bytes: Annotated[int, Field(ge=1)] = 1
    seconds: Seconds = 1.0


class FaultAction(_FaultPart):
    """What a fault does.

    Before the response: `session` triggers a session event (`drop` closes the brokerage session, `compete`
    gives it to another program, `leave` logs that program out); `delay_seconds` waits.
    Instead of the response: `hang` (no response until the client disconnects), or any of `status`, `body` (a
    string is sent unchanged, any other value as JSON), `html`, `huge_bytes` (a JSON string of that length).
    With `perform`, the request still takes effect and only its response is lost.
    To the response: `headers` are added; `truncate` sends only that many bytes (`true`: half) as a complete
    message; `declare` announces that many bytes in Content-Length and then closes; `drip` sends it slowly;
    `reset` aborts the connection after that many bytes (`true`: half).
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
        """True if the real response is not sent."""
        return self.hang or bool({"status", "body", "html", "huge_bytes"} & self.model_fields_set)


class Fault(_FaultPart):
    """One scripted fault: the requests it applies to, its schedule and its action."""

    match: RequestPattern = RequestPattern()
    when: FaultSchedule = FaultSchedule()
    do: FaultAction


class FaultInjector:
    """The active faults, in the order in which they were added; the first one due is applied."""

    def __init__(self, *, seed: int = 1) -> None:
        self._seed = seed
        self._scripted_faults: list[_ScriptedFault] = []

    def add(self, fault: Fault) -> None:
        """Activate a fault."""
        # Seeded, so that runs are reproducible; nothing here is a secret.
        chance = random.Random(f"{self._seed}:{len(self._scripted_faults)}")  # noqa: S311
        self._scripted_faults.append(_ScriptedFault(fault, chance))

    def clear(self) -> None:
        """Remove all faults."""
        self._scripted_faults.clear()

    def next_action(self, method: str, path: str) -> FaultAction | None:
        """The action for this request, or None. Counts the request."""
        for script in self._scripted_faults:
            if script.should_fire(method, path):
                return script.fault.do
        return None

    def to_json(self) -> list[dict[str, Any]]:
        """Every active fault, with the number of requests it matched (`seen`) and affected (`fired`)."""
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

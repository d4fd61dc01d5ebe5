"""`python -m api_gateway.simulator`: the simulated gateway as a process."""

from __future__ import annotations

import argparse
import errno
import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn

from api_gateway.settings import SettingsError, load
from api_gateway.simulator.app import create_app
from api_gateway.simulator.certificate import CertificateFiles, ensure_certificate
from api_gateway.simulator.profiles import PROFILES
from api_gateway.simulator.settings import SimulatorSettings
from api_gateway.simulator.simulation import Simulation, SimulationOptions


class PortUnavailableError(Exception):
    """The port cannot be had; `str()` is a sentence."""


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # A request that hangs because a fault says so is cut now, without an answer, and is no error.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        for connection in self.server_state.connections:
            connection.transport.abort()
        await super().shutdown(sockets)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C. Returns 0 then, 1 if the port is taken, 2 for unusable settings."""
    flags = {
        name: value for name, value in vars(_parser().parse_args(arguments)).items() if value is not None
    }
    try:
        settings = load(SimulatorSettings).model_copy(update=flags)
        with _listener(settings) as listener, _certificate(settings) as certificate:
            _serve(settings, listener, certificate)
    except SettingsError as problem:
        print(problem, file=sys.stderr)
        return 2
    except PortUnavailableError as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def _serve(
    settings: SimulatorSettings, listener: socket.socket, certificate: CertificateFiles | None
) -> None:
    simulation = Simulation(_simulation_options(settings))
    config = uvicorn.Config(
        create_app(simulation),
        ssl_certfile=certificate.certificate_path if certificate else None,
        ssl_keyfile=certificate.key_path if certificate else None,
        lifespan="off",
        # Requests carry account ids and answers carry session tokens: neither is for a log.
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        # The other implementation of uvicorn stands on a part of `websockets` that is deprecated.
        ws="websockets-sansio",
        # IBKR's gateway keeps an idle connection for as long as it is watched.
        timeout_keep_alive=3600,
        # Every answer is computed at once; what is still open after that hangs because a fault says so.
        timeout_graceful_shutdown=0,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn puts its own in place while it serves and raises the signal again when it is done.
        signal.signal(number, lambda *_: None)
    server = _Server(config, lambda: _announce(settings, listener, certificate))
    server.run(sockets=[listener])


def _announce(
    settings: SimulatorSettings, listener: socket.socket, certificate: CertificateFiles | None
) -> None:
    host, port = listener.getsockname()[:2]
    shown_host = "localhost" if host in ("127.0.0.1", "::1", "0.0.0.0", "::") else host  # noqa: S104 compared, not bound
    url = f"{'https' if certificate else 'http'}://{shown_host}:{port}"
    strictness = "on" if settings.simulator_strict else "partly forgiven"
    login = "logged in already" if settings.simulator_login else f"log in at {url}/"
    if certificate:
        print(f"Certificate {certificate.certificate_path}, SHA-256 {certificate.fingerprint}")
    print(
        f"The gateway simulator answers at {url}/v1/api ({login}; IBKR's strict habits are {strictness}; "
        f"profile {settings.simulator_profile}).",
        flush=True,
    )


def _simulation_options(settings: SimulatorSettings) -> SimulationOptions:
    return SimulationOptions(
        profile=settings.simulator_profile,
        seed=settings.simulator_seed,
        login=settings.simulator_login,
        strict=settings.simulator_strict,
        availability=settings.simulator_availability,
        rate_limits=settings.simulator_rate_limits,
        penalty=settings.simulator_penalty,
        control=settings.simulator_control,
    )


@contextmanager
def _listener(settings: SimulatorSettings) -> Iterator[socket.socket]:
    host, port = settings.simulator_host, settings.gateway_port
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.create_server(address[:2], family=family, backlog=1024)
    except socket.gaierror:
        raise SettingsError(f"SIMULATOR_HOST {host!r} is not an address of this machine.") from None
    except OSError as problem:
        if problem.errno == errno.EADDRINUSE:
            reason = "is taken by another program; stop it, or choose another one with GATEWAY_PORT or --port"
        elif problem.errno == errno.EADDRNOTAVAIL:
            raise SettingsError(f"SIMULATOR_HOST {host!r} is not an address of this machine.") from None
        else:
            reason = f"cannot be listened on: {problem.strerror}"
        raise PortUnavailableError(f"Port {port} on {host} {reason}.") from None
    with listener:
        yield listener


@contextmanager
def _certificate(settings: SimulatorSettings) -> Iterator[CertificateFiles | None]:
    if not settings.simulator_tls:
        yield None
        return
    folder = settings.simulator_tls_dir
    if folder is None:
        with TemporaryDirectory(prefix="gateway-simulator-") as temporary:
            yield ensure_certificate(Path(temporary))
        return
    try:
        certificate = ensure_certificate(folder)
    except OSError as problem:
        raise SettingsError(
            f"SIMULATOR_TLS_DIR {str(folder)!r} cannot hold the certificate: {problem.strerror}."
        ) from None
    yield certificate


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m api_gateway.simulator",
        description="A pretended IBKR gateway with a pretended account. Flags win over settings.",
    )
    boolean = argparse.BooleanOptionalAction
    parser.add_argument("--host", metavar="ADDRESS", dest="simulator_host", help="address to listen on")
    parser.add_argument(
        "--port", metavar="NUMBER", dest="gateway_port", type=_port_number, help="port, 0 for any free one"
    )
    parser.add_argument("--tls", dest="simulator_tls", action=boolean, help="HTTPS or plain HTTP")
    parser.add_argument(
        "--tls-dir", dest="simulator_tls_dir", type=Path, help="folder of gateway.pem and its key"
    )
    parser.add_argument(
        "--logged-in", dest="simulator_login", action="store_true", default=None, help="start logged in"
    )
    parser.add_argument(
        "--login",
        dest="simulator_login",
        action="store_false",
        default=None,
        help="leave the login to a person at the login page",
    )
    parser.add_argument(
        "--profile", dest="simulator_profile", choices=tuple(PROFILES), help="which login to pretend"
    )
    parser.add_argument(
        "--seed",
        metavar="NUMBER",
        dest="simulator_seed",
        type=_natural_number,
        help="number that prices follow from",
    )
    parser.add_argument("--strict", dest="simulator_strict", action=boolean, help="IBKR's habits of refusing")
    parser.add_argument(
        "--rate-limits", dest="simulator_rate_limits", action=boolean, help="429 and penalty box"
    )
    parser.add_argument("--control", dest="simulator_control", action=boolean, help="serve /simulator/*")
    return parser


def _port_number(text: str) -> int:
    number = _natural_number(text)
    if number > 65_535:
        raise argparse.ArgumentTypeError("a port is at most 65535")
    return number


def _natural_number(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())

"""`python -m api_gateway.simulator`: run the simulated gateway as a process."""

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
from api_gateway.simulator.universe_file.universe_file import UniverseFileError, read_universe_file
from api_gateway.simulator.variants import parse_variants
from api_gateway.simulator.websocket.protocol import SimulatorWebSocketProtocol


class PortUnavailableError(Exception):
    """The port cannot be bound; `str()` is a sentence."""


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Requests that a fault left hanging are cut now, without a response; that is not an error.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        for connection in self.server_state.connections:
            connection.transport.abort()
        await super().shutdown(sockets)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C, then return 0; 1 means the port is in use, 2 invalid settings."""
    flags = {
        name: value for name, value in vars(_parser().parse_args(arguments)).items() if value is not None
    }
    try:
        settings = load(SimulatorSettings).model_copy(update=flags)
        with _listener(settings) as listener, _certificate(settings) as certificate:
            _serve(settings, listener, certificate)
    except (SettingsError, UniverseFileError) as problem:
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
        # Requests carry account ids and responses carry session tokens: neither may be logged.
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        # uvicorn's other implementation uses a deprecated part of `websockets`.
        ws=SimulatorWebSocketProtocol,
        # IBKR's gateway was never seen to close an idle connection.
        timeout_keep_alive=3600,
        # Responses are computed immediately; whatever is still open hangs because of a scripted fault.
        timeout_graceful_shutdown=0,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn installs its own handlers while it serves and raises the signal again afterwards.
        signal.signal(number, lambda *_: None)
    server = _Server(config, lambda: _announce(settings, listener, certificate))
    server.run(sockets=[listener])


def _announce(
    settings: SimulatorSettings, listener: socket.socket, certificate: CertificateFiles | None
) -> None:
    host, port = listener.getsockname()[:2]
    shown_host = "localhost" if host in ("127.0.0.1", "::1", "0.0.0.0", "::") else host  # noqa: S104 compared, not bound
    url = f"{'https' if certificate else 'http'}://{shown_host}:{port}"
    strictness = "strict" if settings.simulator_strict else "lenient"
    login = "already logged in" if settings.simulator_login else f"log in at {url}/"
    if certificate:
        print(f"Certificate {certificate.certificate_path}, SHA-256 {certificate.fingerprint}")
    print(
        f"The gateway simulator is running at {url}/v1/api ({login}; {strictness}; "
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
        behind_gateway=settings.simulator_behind_gateway,
        variants=parse_variants(settings.simulator_variants),
        own_universe=read_universe_file(settings.simulator_universe) if settings.simulator_universe else None,
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
            reason = "is in use by another program; stop it, or set another port with GATEWAY_PORT or --port"
        elif problem.errno == errno.EADDRNOTAVAIL:
            raise SettingsError(f"SIMULATOR_HOST {host!r} is not an address of this machine.") from None
        else:
            reason = f"cannot be opened: {problem.strerror}"
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
            f"SIMULATOR_TLS_DIR {str(folder)!r} cannot store the certificate: {problem.strerror}."
        ) from None
    yield certificate


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m api_gateway.simulator",
        description="Run a simulated IBKR gateway with a simulated account. Flags override settings.",
    )
    boolean = argparse.BooleanOptionalAction
    parser.add_argument("--host", metavar="ADDRESS", dest="simulator_host", help="address to listen on")
    parser.add_argument(
        "--port",
        metavar="NUMBER",
        dest="gateway_port",
        type=_port_number,
        help="port to listen on; 0 picks a free one",
    )
    parser.add_argument("--tls", dest="simulator_tls", action=boolean, help="serve HTTPS or plain HTTP")
    parser.add_argument(
        "--tls-dir", dest="simulator_tls_dir", type=Path, help="folder for gateway.pem and its key"
    )
    parser.add_argument(
        "--logged-in", dest="simulator_login", action="store_true", default=None, help="start logged in"
    )
    parser.add_argument(
        "--login",
        dest="simulator_login",
        action="store_false",
        default=None,
        help="wait for a login at the login page",
    )
    parser.add_argument(
        "--profile", dest="simulator_profile", choices=tuple(PROFILES), help="which login to simulate"
    )
    parser.add_argument(
        "--universe",
        metavar="FILE",
        dest="simulator_universe",
        type=Path,
        help="file (TOML) with your own instruments, positions and cash",
    )
    parser.add_argument(
        "--seed",
        metavar="NUMBER",
        dest="simulator_seed",
        type=_natural_number,
        help="seed of the simulated prices",
    )
    parser.add_argument(
        "--strict", dest="simulator_strict", action=boolean, help="reproduce IBKR's strictness"
    )
    parser.add_argument(
        "--rate-limits", dest="simulator_rate_limits", action=boolean, help="enforce IBKR's rate limits (429)"
    )
    parser.add_argument(
        "--control", dest="simulator_control", action=boolean, help="serve the control endpoints /simulator/*"
    )
    return parser


def _port_number(text: str) -> int:
    number = _natural_number(text)
    if number > 65_535:
        raise argparse.ArgumentTypeError("use a port from 0 to 65535")
    return number


def _natural_number(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())

"""The support bundle: what it contains and what it does not."""

from __future__ import annotations

import json
import stat
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from api_gateway.causes import Cause, explain
from api_gateway.doctor.checks.services import McpEndpoint, TickerCheck
from api_gateway.doctor.doctor import DoctorResult
from api_gateway.doctor.findings import Layer, broken, ok
from api_gateway.doctor.report import DoctorReport, fill_in_skipped
from api_gateway.doctor.support_bundle import BundleRedactor, make_support_bundle, write_support_bundle
from api_gateway.settings import GatewaySettings

HOME = Path("/srv/people/anne")
TOKEN = "hunter2"  # short: no pattern finds it
COOKIE = "0f3a9c7d2b8e4f6a1c5d7e9b0a2f4c6e"
ACCOUNTS = ("U7654321", "DU1234567", "F1234567")


class Settings(BaseSettings):
    mcp_server_token: SecretStr | None = None
    mcp_server_allowed_origins: tuple[str, ...] = ()
    gateway_user_agent: str = ""


def parts(*, home: Path = HOME) -> dict[str, str]:
    findings = [
        ok(Layer.ACCOUNTS, f"The login is live, with {', '.join(ACCOUNTS)}."),
        broken(
            Layer.TLS,
            explain(
                Cause.SERVER_NOT_READY,
                said=f"the file {HOME}/tls/gateway.pem is missing",
                hint=f"{TOKEN} MCP_SERVER_ALLOWED_ORIGINS",
            ),
        ),
        ok(Layer.TICKER, f"session={COOKIE} /home/bob/.env C:\\Users\\carol\\ib"),
    ]
    report = DoctorReport(
        fill_in_skipped(findings), 1.0, McpEndpoint("http://localhost:5002/mcp", token=TOKEN).snippet
    )
    state = {"state": "established", "session": COOKIE, "accounts": list(ACCOUNTS), "note": {"t": TOKEN}}
    settings = Settings(
        mcp_server_token=SecretStr(TOKEN),
        mcp_server_allowed_origins=(f"https://{COOKIE}.example",),
        gateway_user_agent=f"me/{TOKEN}",
    )
    gateway = GatewaySettings(_env_file=None, gateway_ca_file=HOME / "tls" / "gateway.pem")
    content = make_support_bundle(
        DoctorResult(report, TickerCheck(ok(Layer.TICKER, "x"), state)), [gateway, settings], home=home
    )
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


@pytest.mark.parametrize(
    "secret", [TOKEN, COOKIE, *ACCOUNTS, str(HOME), "anne", "bob", "carol"], ids=lambda each: each[:8]
)
def test_it_contains_no_secrets(secret: str) -> None:
    assert [name for name, text in parts().items() if secret in text] == []


def test_it_contains_report_settings_versions_and_ticker_state() -> None:
    files = parts()
    assert set(files) == {"report.txt", "report.json", "settings.json", "versions.json", "ticker.json"}
    assert json.loads(files["report.json"])["first_broken"] == "tls"
    assert "MCP_SERVER_ALLOWED_ORIGINS" in files["report.txt"]
    settings = json.loads(files["settings.json"])
    assert settings["MCP_SERVER_TOKEN"] == "***"
    assert settings["GATEWAY_URL"] == "https://localhost:5055"
    assert settings["GATEWAY_VERIFY_TLS"] is True
    assert "python" in json.loads(files["versions.json"])
    assert json.loads(files["ticker.json"])["state"] == "established"


def test_the_last_digits_of_accounts_remain() -> None:
    assert "U***4321" in parts()["report.txt"]


def test_a_home_folder_at_the_root_redacts_nothing_else() -> None:
    assert BundleRedactor(home=Path("/")).text("see /etc/ssl") == "see /etc/ssl"


def test_only_its_owner_can_read_the_file(tmp_path: Path) -> None:
    file = tmp_path / "support.zip"
    write_support_bundle(file, b"PK")
    assert file.read_bytes() == b"PK"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

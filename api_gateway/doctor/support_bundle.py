"""Support bundle: a file to send to whoever helps you, with the report but without secrets."""

from __future__ import annotations

import json
import os
import platform
import re
import sys
import zipfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from io import BytesIO
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from api_gateway.doctor.doctor import DoctorResult
from api_gateway.redaction import redact

PACKAGES = ("ib-mcp", "fastmcp", "mcp", "httpx", "pydantic", "starlette", "uvicorn", "cryptography")
HIDDEN = "***"

_HOME = re.compile(r"(/home|/Users|[A-Za-z]:\\Users)[/\\][^/\\\s]+")


class BundleRedactor:
    """Redacts secrets, account IDs, tokens and the home folder.

    `secrets` are texts to hide, whatever they look like; `home` is the folder whose name identifies a person.
    `names` are setting names, which are as long as tokens but are not redacted.
    """

    def __init__(
        self, *, secrets: Iterable[str] = (), home: Path | None = None, names: Iterable[str] = ()
    ) -> None:
        self._names = frozenset(names)
        self._secrets = sorted({each for each in secrets if each}, key=len, reverse=True)
        self._home = str(home) if home is not None and home != Path(home.anchor) else ""

    def text(self, text: str) -> str:
        """The redacted text."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        if self._home:
            text = text.replace(self._home, "~")
        text = _HOME.sub("~", text)
        return "\n".join(
            " ".join(self._redact_word(word) for word in line.split(" ")) for line in text.split("\n")
        )

    def value(self, value: Any) -> Any:
        """The redacted JSON value; its keys are ours and stay."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {name: self.value(each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(each) for each in value]
        return value

    def _redact_word(self, word: str) -> str:
        return word if word.strip("`=.,;:()") in self._names else redact(word)


def dump_settings(settings: Iterable[BaseModel]) -> dict[str, Any]:
    """Return every setting by name; for a secret, only whether it is set."""
    dumped: dict[str, Any] = {}
    for each in settings:
        for name in type(each).model_fields:
            value = getattr(each, name)
            if isinstance(value, SecretStr):
                value = HIDDEN if value.get_secret_value() else ""
            elif isinstance(value, Path):
                value = str(value)
            elif isinstance(value, tuple | list | frozenset):
                value = [str(item) for item in value]
            dumped[name.upper()] = (
                value if isinstance(value, bool | int | float | list | None) else str(value)
            )
    return dumped


def secrets_in(settings: Iterable[BaseModel]) -> list[str]:
    """The secrets in the settings."""
    values = (getattr(each, name) for each in settings for name in type(each).model_fields)
    return [value.get_secret_value() for value in values if isinstance(value, SecretStr)]


def make_support_bundle(examined: DoctorResult, settings: Iterable[BaseModel], *, home: Path | None) -> bytes:
    """The bytes of a zip: report.txt, report.json, settings.json, versions.json and the ticker's state."""
    settings = list(settings)
    names = (name.upper() for each in settings for name in type(each).model_fields)
    redaction = BundleRedactor(secrets=secrets_in(settings), home=home, names=names)
    report = examined.report
    parts: dict[str, str] = {
        "report.txt": redaction.text(report.text()),
        "report.json": _json(redaction.value(report.to_json())),
        "settings.json": _json(redaction.value(dump_settings(settings))),
        "versions.json": _json(versions()),
    }
    if examined.ticker is not None and examined.ticker.state is not None:
        parts["ticker.json"] = _json(redaction.value(examined.ticker.state))
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return content.getvalue()


def write_support_bundle(file: Path, content: bytes) -> None:
    """Write the file, readable by its owner only; raises OSError."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as opened:
        opened.write(content)


def versions() -> dict[str, Any]:
    """Return the versions of Python, the system and the relevant packages."""
    return {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "implementation": sys.implementation.name,
        "system": platform.system(),
        "release": platform.release(),
        "machine": platform.machine(),
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n"

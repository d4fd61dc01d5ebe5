"""Download and unpack IBKR's gateway during an image build: `download_gateway.py URL SHA256 FOLDER`.

Uses only the standard library. An empty SHA256 accepts any archive; its checksum is printed, so that the next
build can require it.
"""

import hashlib
import http.client
import shutil
import sys
import urllib.request
import zipfile
from pathlib import Path

# Parts of IBKR's archive that the image replaces or does not need: settings, expired certificate, scripts,
# demos.
REMOVED = (
    "root/conf.yaml",
    "root/conf.beta.yaml",
    "root/vertx.jks",
    "root/logback.xml",
    "bin",
    "doc",
    "root/webapps",
)

TIMEOUT_SECONDS = 60.0  # without a byte, after which the download fails


class ArchiveError(Exception):
    """The download is unusable; `str()` says why and what to change."""


def download(address: str, path: Path) -> str:
    """Download `address` (http or https) to `path`; returns its SHA-256 in hex."""
    if not address.startswith(("https://", "http://")):
        raise ArchiveError(f"GATEWAY_ARCHIVE_URL must begin with https:// or http://, not {address!r}.")
    digest = hashlib.sha256()
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT_SECONDS) as source, path.open("wb") as target:  # noqa: S310 - checked above
            while chunk := source.read(1 << 16):
                digest.update(chunk)
                target.write(chunk)
    except (OSError, http.client.HTTPException) as error:
        raise ArchiveError(
            f"IBKR's gateway could not be downloaded from {address}: {error}. "
            "Try again, or set GATEWAY_ARCHIVE_URL to another URL of clientportal.gw.zip."
        ) from error
    return digest.hexdigest()


def check(found: str, expected: str, address: str) -> None:
    """Raise `ArchiveError` if the SHA-256 is not the `expected` one; an empty `expected` accepts any."""
    if expected and found != expected.strip().lower():
        raise ArchiveError(
            f"The archive from {address} has SHA-256 {found}, but GATEWAY_ARCHIVE_SHA256 is {expected}. "
            "Either IBKR has published a new one or this is not IBKR's: find out before changing the setting."
        )


def unpack(path: Path, folder: Path) -> None:
    """Unpack the archive into `folder`, without the parts that the image replaces."""
    try:
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
    except zipfile.BadZipFile as error:
        raise ArchiveError(
            "The download is not a zip archive; open GATEWAY_ARCHIVE_URL to see what it is."
        ) from error
    if not any(folder.glob("dist/*.jar")):
        raise ArchiveError(
            "The archive contains no dist/*.jar, so it is not IBKR's Client Portal Gateway. "
            "Correct GATEWAY_ARCHIVE_URL."
        )
    for name in REMOVED:
        unwanted = folder / name
        if unwanted.is_dir():
            shutil.rmtree(unwanted)
        else:
            unwanted.unlink(missing_ok=True)


def main(address: str, expected: str, folder: str) -> int:
    """Download, verify and unpack; returns the exit status."""
    path = Path(folder).with_suffix(".zip")
    try:
        found = download(address, path)
        print(f"{address} has SHA-256 {found}")  # noqa: T201 - read in the output of the image build
        check(found, expected, address)
        unpack(path, Path(folder))
    except ArchiveError as error:
        print(error, file=sys.stderr)  # noqa: T201 - read in the output of the image build
        return 1
    finally:
        path.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))

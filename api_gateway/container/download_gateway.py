"""IBKR's gateway archive, fetched and unpacked while an image is built: `archive.py ADDRESS SHA256 FOLDER`.

Runs on the standard library alone. An empty SHA256 means that the archive is taken as it comes; its checksum
is printed, so that the next build can insist on it.
"""

import hashlib
import http.client
import shutil
import sys
import urllib.request
import zipfile
from pathlib import Path

# Theirs and not wanted: their settings, their expired certificate, their start scripts, their demo pages.
LEFT_OUT = (
    "root/conf.yaml",
    "root/conf.beta.yaml",
    "root/vertx.jks",
    "root/logback.xml",
    "bin",
    "doc",
    "root/webapps",
)

TIMEOUT_SECONDS = 60.0  # s without a byte before the download is given up


class ArchiveError(Exception):
    """What was downloaded cannot be used; the text says why and what to change."""


def download(address: str, path: Path) -> str:
    """Write what `address` (http or https) serves to `path`; returns its SHA-256 in hex."""
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
            "Try again, or set GATEWAY_ARCHIVE_URL to another place that has clientportal.gw.zip."
        ) from error
    return digest.hexdigest()


def check(found: str, wanted: str, address: str) -> None:
    """Refuse an archive whose SHA-256 is not the wanted one; an empty `wanted` accepts any."""
    if wanted and found != wanted.strip().lower():
        raise ArchiveError(
            f"The archive from {address} has SHA-256 {found}, not {wanted} as GATEWAY_ARCHIVE_SHA256 says. "
            "Either IBKR has published a new one or this is not IBKR's: find out before changing the setting."
        )


def unpack(path: Path, folder: Path) -> None:
    """Unpack the archive into `folder`, without what the image brings itself."""
    try:
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
    except zipfile.BadZipFile as error:
        raise ArchiveError(
            "What was downloaded is not a zip archive; open GATEWAY_ARCHIVE_URL to see what it is."
        ) from error
    if not any(folder.glob("dist/*.jar")):
        raise ArchiveError("The archive holds no dist/*.jar, so it is not IBKR's Client Portal Gateway.")
    for name in LEFT_OUT:
        left_out = folder / name
        if left_out.is_dir():
            shutil.rmtree(left_out)
        else:
            left_out.unlink(missing_ok=True)


def main(address: str, wanted: str, folder: str) -> int:
    """Fetch, check and unpack; returns the exit status."""
    path = Path(folder).with_suffix(".zip")
    try:
        found = download(address, path)
        print(f"{address} has SHA-256 {found}")  # noqa: T201 - read in the output of the image build
        check(found, wanted, address)
        unpack(path, Path(folder))
    except ArchiveError as error:
        print(error, file=sys.stderr)  # noqa: T201 - read in the output of the image build
        return 1
    finally:
        path.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))

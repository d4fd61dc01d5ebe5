"""The gateway's download: verified by checksum, unpacked without unwanted parts."""

import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from api_gateway.container import download_gateway

GATEWAY = {
    "dist/gateway.jar": b"theirs",
    "build/lib/runtime/vertx.jar": b"theirs too",
    "root/conf.yaml": b"listenPort: 5000",
    "root/vertx.jks": b"expired",
    "root/webapps/demo/index.html": b"<html>",
    "bin/run.sh": b"java",
}


def zip_archive(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as target:
        for name, text in files.items():
            target.writestr(name, text)
    return content.getvalue()


class QuietFiles(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the URL that serves it."""
    folder = tmp_path / "served"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietFiles, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_archive_is_unpacked_without_its_settings_certificate_scripts_and_demo(
    served: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, address = served
    content = zip_archive(GATEWAY)
    (folder / "gw.zip").write_bytes(content)
    checksum = hashlib.sha256(content).hexdigest()

    assert download_gateway.main(f"{address}/gw.zip", checksum.upper(), str(tmp_path / "gateway")) == 0

    files = {
        p.relative_to(tmp_path / "gateway").as_posix()
        for p in (tmp_path / "gateway").rglob("*")
        if p.is_file()
    }
    assert files == {"dist/gateway.jar", "build/lib/runtime/vertx.jar"}
    assert not (tmp_path / "gateway.zip").exists()
    assert checksum in capsys.readouterr().out


def test_without_a_checksum_any_archive_is_accepted(served: tuple[Path, str], tmp_path: Path) -> None:
    folder, address = served
    (folder / "gw.zip").write_bytes(zip_archive(GATEWAY))
    assert download_gateway.main(f"{address}/gw.zip", "", str(tmp_path / "gateway")) == 0


def test_another_checksum_is_reported_with_both_and_nothing_is_unpacked(
    served: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, address = served
    content = zip_archive(GATEWAY)
    (folder / "gw.zip").write_bytes(content)

    assert download_gateway.main(f"{address}/gw.zip", "ab" * 32, str(tmp_path / "gateway")) == 1

    error = capsys.readouterr().err
    assert "GATEWAY_ARCHIVE_SHA256" in error
    assert hashlib.sha256(content).hexdigest() in error
    assert not (tmp_path / "gateway").exists()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"<html>Not found</html>", "zip"),
        (zip_archive({"README.txt": b"hello"}), "dist/*.jar"),
    ],
)
def test_an_archive_without_the_gateway_is_rejected_with_a_sentence(
    served: tuple[Path, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    content: bytes,
    expected: str,
) -> None:
    folder, address = served
    (folder / "gw.zip").write_bytes(content)
    assert download_gateway.main(f"{address}/gw.zip", "", str(tmp_path / "gateway")) == 1
    assert expected in capsys.readouterr().err


def test_a_failed_download_names_its_url(
    served: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, address = served
    assert download_gateway.main(f"{address}/gone.zip", "", str(tmp_path / "gateway")) == 1
    error = capsys.readouterr().err
    assert f"{address}/gone.zip" in error
    assert "GATEWAY_ARCHIVE_URL" in error


@pytest.mark.parametrize("address", ["file:///etc/passwd", "clientportal.gw.zip", ""])
def test_only_http_urls_are_downloaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], address: str
) -> None:
    assert download_gateway.main(address, "", str(tmp_path / "gateway")) == 1
    assert "https://" in capsys.readouterr().err

"""Pictures that a child process draws."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mcp_server.pictures.charts import Line, PerformanceChart, Point, PriceBar, PriceHistoryChart
from mcp_server.pictures.description import describe
from mcp_server.pictures.renderer import PictureError, PictureRenderer, draw_in_child_process
from mcp_server.pictures.wire import encode_chart
from tests.mcp_server.pictures.charts_for_tests import USUAL, allocation
from tests.mcp_server.pictures.inline_renderer import draw_inline
from tests.virtual_loop import run_in_virtual_time

CHART = allocation(3.0, 2.0, -1.0)
ENCODED = encode_chart(CHART)


async def test_a_child_process_draws_what_this_process_would(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # The user's configuration of the library changes nothing, and nothing is left in the home folder.
    (tmp_path / "matplotlibrc").write_text("figure.facecolor: red\n", encoding="utf-8")
    for name in ("HOME", "MPLCONFIGDIR", "MATPLOTLIBRC", "XDG_CACHE_HOME", "TMPDIR"):
        monkeypatch.setenv(name, str(tmp_path))
    picture = await PictureRenderer().draw(CHART)
    assert picture.png == await draw_inline(ENCODED)
    assert picture.description == describe(CHART)
    assert os.listdir(tmp_path) == ["matplotlibrc"]


def test_one_picture_is_drawn_at_a_time() -> None:
    drawing, most = 0, 0

    async def run(chart: bytes) -> bytes:
        nonlocal drawing, most
        drawing += 1
        most = max(most, drawing)
        await asyncio.sleep(1)
        drawing -= 1
        return chart

    async def scenario() -> None:
        pictures = PictureRenderer(run)
        charts = [allocation(float(value)) for value in range(5)]
        drawn = await asyncio.gather(*(pictures.draw(chart) for chart in charts))
        assert [each.png for each in drawn] == [encode_chart(chart) for chart in charts]

    run_in_virtual_time(scenario())
    assert most == 1


async def hang(_: bytes) -> bytes:
    await asyncio.sleep(3600)
    raise AssertionError("nobody waits this long")


async def fail(_: bytes) -> bytes:
    raise PermissionError("no temporary folder")


@pytest.mark.parametrize("run", [hang, fail])
def test_a_picture_that_is_not_drawn_is_one_error_and_the_next_one_is_drawn(
    run: Callable[[bytes], Awaitable[bytes]],
) -> None:
    runs = [run, draw_inline]

    async def next_run(chart: bytes) -> bytes:
        return await runs.pop(0)(chart)

    async def scenario() -> bytes:
        pictures = PictureRenderer(next_run)
        with pytest.raises(PictureError):
            await pictures.draw(CHART)
        return (await pictures.draw(CHART)).png

    assert run_in_virtual_time(scenario()).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "chart",
    [
        PriceHistoryChart("a", [PriceBar(datetime(2026, 1, 2), 1, 1, 1, 1)]),  # noqa: DTZ001
        PerformanceChart("a", [Line("b", [Point(datetime(2026, 1, 2), 1)])]),  # noqa: DTZ001
    ],
)
async def test_an_instant_without_a_time_zone_is_refused(chart: PriceHistoryChart | PerformanceChart) -> None:
    with pytest.raises(ValueError, match="2026-01-02"):
        await PictureRenderer(draw_inline).draw(chart)


def test_an_instant_with_a_time_zone_is_accepted() -> None:
    chart = PriceHistoryChart("a", [PriceBar(datetime(2026, 1, 2, tzinfo=UTC), 1, 1, 1, 1)])
    assert run_in_virtual_time(PictureRenderer(draw_inline).draw(chart)).png


def children() -> set[str]:
    """The processes that this one has started and not yet awaited."""
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split())


@pytest.mark.thorough
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("after", [0.0, 0.02, 0.2, 0.4])
async def test_a_cancelled_picture_leaves_neither_process_nor_folder(
    after: float, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = children()
    drawing = asyncio.create_task(PictureRenderer().draw(USUAL["prices"]))
    await asyncio.sleep(after)
    drawing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await drawing
    assert children() <= before
    assert os.listdir(tmp_path) == []


@pytest.mark.thorough
async def test_a_process_that_fails_is_an_error_and_its_reason_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(PictureError):
        await draw_in_child_process(b"no chart")
    assert "JSONDecodeError" in caplog.text


@pytest.mark.thorough
async def test_pictures_drawn_at_the_same_time_do_not_affect_each_other() -> None:
    charts = [encode_chart(chart) for chart in USUAL.values()]
    drawn = await asyncio.gather(*(draw_in_child_process(chart) for chart in charts))
    assert drawn == [await draw_inline(chart) for chart in charts]


@pytest.mark.thorough
def test_a_server_that_draws_nothing_has_not_imported_the_plotting_library() -> None:
    script = "import mcp_server.__main__, sys; print({'matplotlib', 'numpy', 'PIL'} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "set()"

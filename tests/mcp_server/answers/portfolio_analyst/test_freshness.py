"""When a stored response is as good as a new one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from api_gateway.data_dir.database import Database
from mcp_server.answers.portfolio_analyst.freshness import is_final, read_newest
from mcp_server.facts.fact_store import FILE_NAME, MIGRATIONS, FactStore

RECEIVED = datetime(2026, 11, 18, 17, tzinfo=UTC)


def test_a_response_is_as_good_as_a_new_one_while_no_new_one_is_allowed() -> None:
    assert is_final(RECEIVED.date(), RECEIVED, RECEIVED + timedelta(minutes=14))
    assert not is_final(RECEIVED.date(), RECEIVED, RECEIVED + timedelta(minutes=16))


def test_days_that_were_over_need_no_new_response() -> None:
    later = RECEIVED + timedelta(days=3)
    assert is_final(date(2026, 11, 16), RECEIVED, later)
    assert not is_final(date(2026, 11, 17), RECEIVED, later)


def test_a_response_from_the_future_is_no_use() -> None:
    assert not is_final(RECEIVED.date(), RECEIVED, RECEIVED - timedelta(minutes=5))


async def test_what_another_process_has_stored_replaces_an_older_response(tmp_path: Path) -> None:
    now = RECEIVED
    databases = [Database(tmp_path / "data" / FILE_NAME, MIGRATIONS) for _ in range(2)]
    mine, other = (FactStore(each, now=lambda: now) for each in databases)
    place = "a login", "values", "an account"

    async def newest() -> object:
        fact = await read_newest(mine, *place, now)
        return fact.value if fact else None

    assert await newest() is None
    await mine.write(*place, "mine")
    now += timedelta(hours=3)
    assert await newest() == "mine"
    await other.write(*place, "the other's")
    databases[1].close()  # and so written
    now += timedelta(minutes=1)
    assert await newest() == "the other's"
    now += timedelta(hours=1)
    assert await newest() == "the other's"
    databases[0].close()

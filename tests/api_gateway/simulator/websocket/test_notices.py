from __future__ import annotations

from collections.abc import Callable

from api_gateway.simulator.session.open_questions import Prompt
from api_gateway.simulator.simulation import Simulation
from api_gateway.simulator.websocket.notices import BulletinStream, NoticeStream
from tests.api_gateway.simulator.paper_account import AAPL, MSFT


def test_a_trading_halt_of_a_held_contract_sends_a_bulletin(
    simulation: Simulation, skip: Callable[[float], None]
) -> None:
    bulletins = BulletinStream(simulation)
    assert bulletins.due_frames(simulation.clock.now()) == []
    simulation.prices.halt(AAPL)
    simulation.prices.halt(MSFT)
    skip(1)
    (frame,) = bulletins.due_frames(simulation.clock.now())
    assert frame["topic"] == "blt"
    (bulletin,) = frame["args"]
    assert bulletin["message"] == "Trading in AAPL is halted."
    assert (type(bulletin["id"]), bulletin["exchanges"]) == (int, None)
    skip(1)
    assert bulletins.due_frames(simulation.clock.now()) == []


def test_a_second_halt_sends_a_second_bulletin(simulation: Simulation, skip: Callable[[float], None]) -> None:
    bulletins = BulletinStream(simulation)
    frame_counts = []
    for change_trading in (simulation.prices.halt, simulation.prices.resume, simulation.prices.halt):
        change_trading(AAPL)
        skip(1)
        frame_counts.append(len(bulletins.due_frames(simulation.clock.now())))
    assert frame_counts == [1, 0, 1]


def test_a_gtc_order_sends_a_notice_of_its_expiry(
    simulation: Simulation, skip: Callable[[float], None]
) -> None:
    notices = NoticeStream(simulation)
    (frame,) = notices.due_frames(simulation.clock.now())
    assert frame["topic"] == "ntf"
    (notice,) = frame["args"]
    assert notice.keys() == {"id", "text", "title", "url"}
    assert notice["text"].startswith("Order BUY 50 MSFT NASDAQ.NMS Limit ")
    assert "will be automatically canceled at 20260701 " in notice["text"]
    skip(1)
    assert notices.due_frames(simulation.clock.now()) == []


def test_an_open_prompt_sends_a_notice_with_its_options(
    simulation: Simulation, skip: Callable[[float], None]
) -> None:
    notices = NoticeStream(simulation)
    notices.due_frames(simulation.clock.now())
    simulation.preflights.prompts[7, "20007"] = Prompt(7, "20007", ("Use", "Do not use"))
    skip(1)
    ((prompt,),) = [frame["args"] for frame in notices.due_frames(simulation.clock.now())]
    assert (prompt["orderId"], prompt["reqId"], prompt["prompt"]) == (7, "20007", True)
    assert prompt["options"] == ["Use", "Do not use"]

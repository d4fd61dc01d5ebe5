"""What people write, resolved at the simulator on 18 November 2026."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from api_gateway.errors import GatewayError
from mcp_server.instruments.instrument import Choices, Found, Resolution, Unknown
from tests.mcp_server.instruments.simulated import SimulatedInstruments, run_simulated

JANUARY = datetime(2027, 1, 13, 17, tzinfo=UTC).timestamp()
ONE = {
    "AAPL": "AAPL",
    "aapl": "AAPL",
    ' "$AAPL", ': "AAPL",
    "\u201caapl\u201d\u200b": "AAPL",
    "AAPL stock": "AAPL",
    "AAPL@NYSE": "AAPL",
    "AAPL@SMART": "AAPL",
    "NASDAQ:AAPL": "AAPL",
    "AAPL US Equity": "AAPL",
    "AAPL EBS": "AAPL@EBS",
    "AAPL CHF": "AAPL@EBS",
    "AAPL.SW": "AAPL@EBS",
    "AAPL CFD": "AAPL CFD",
    "BRK.B": "BRK B",
    "brk b": "BRK B",
    "BRK/B": "BRK B",
    "BRK-B": "BRK B",
    "VOD.L": "VOD@LSE",
    "VOD LN": "VOD@LSE",
    "BP.L": "BP.@LSE",
    "7203.T": "7203@TSEJ",
    "7203": "7203@TSEJ",
    "0700.HK": "700@SEHK",
    "SAP.DE": "SAP@IBIS",
    "SAP XETRA": "SAP@IBIS",
    "NESN": "NESN@EBS",
    "IBM": "IBM",
    "EUR.USD": "EUR.USD",
    "EURUSD": "EUR.USD",
    "eur/usd": "EUR.USD",
    "EUR": "EUR.USD",
    "JPY": "USD.JPY",
    "ESZ6": "ESZ6",
    "ESZ26": "ESZ6",
    "ES": "ESZ6",
    "/ES": "ESZ6",
    "ES=F": "ESZ6",
    "ES Dec 2026": "ESZ6",
    "ES 18Dec26": "ESZ6",
    "ES futures": "ESZ6",
    "CL Jan27": "CLF7",
    "CLF7": "CLF7",
    "6EZ6": "6EZ6",
    "VXZ6": "VXZ6",
    "BTCZ6": "BTCZ6",
    "SPX": "SPX",
    "S&P 500": "SPX",
    "VIX": "VIX",
    "DAX": "DAX",
    "SPXW": "SPXW",
    "BTC": "BTC.USD",
    "BTC.USD": "BTC.USD",
    "bitcoin": "BTC.USD",
    "VFIAX": "VFIAX",
    "Apple": "AAPL",
    "Disney": "DIS",
    "Nestle": "NESN@EBS",
    "Coca Cola": "KO",
    "McDonalds": "MCD",
    "Exxon": "XOM",
    "johnson and johnson": "JNJ",
    "JP Morgan Chase": "JPM",
    "Visa": "V",
    "brkb": "BRK B",
    "crude oil": "CLZ6",
    "ES Dec 26": "ESZ6",
    "AAPL Dec 27 200C": "AAPL 17Dec27 200C",
    "EURO": "EUR.USD",
    "US0378331005": "AAPL",
    "us4592001014": "IBM",
    "DE0007164600": "SAP@IBIS",
    "037833100": "AAPL",
    "265598": "AAPL",
    "265598@SMART": "AAPL",
    "conid 265598": "AAPL",
    "AAPL #265598": "AAPL",
    "Apple Inc #265598": "AAPL",
    "SPY 20270115 600 P": "SPY 15Jan27 600P",
    "SPY 15Jan27 600P": "SPY 15Jan27 600P",
    "spy 15-jan-2027 600 put": "SPY 15Jan27 600P",
    "SPY 600P Jan 15 2027": "SPY 15Jan27 600P",
    "SPY Jan 15, 2027 600 put": "SPY 15Jan27 600P",
    "SPY 2027-01-15 P600": "SPY 15Jan27 600P",
    "SPY 1/15/27 600P": "SPY 15Jan27 600P",
    "SPY Jan27 600 put": "SPY 15Jan27 600P",
    "SPY   270115P00600000": "SPY 15Jan27 600P",
    "SPY270115P00600000": "SPY 15Jan27 600P",
    "BRK B 15Jan27 500C": "BRK B 15Jan27 500C",
    "SPX 15Jan27 6500P": "SPX 15Jan27 6500P",
    "SPXW 15Jan27 6500P": "SPXW 15Jan27 6500P",
    "ES 18Dec26 6500C": "ES 18Dec26 6500C",
    "EW1 4Dec26 6700C": "EW1 4Dec26 6700C",
    "LO 16Dec26 60C": "LO 16Dec26 60C",
    "IBM 4.15 05/15/39": "IBM 4.15 05/15/39",
    "US-T 4 3/8 05/15/41": "US-T 4.375 05/15/41",
}  # fmt: skip


def one_text(resolution: Resolution) -> str:
    assert isinstance(resolution, Found), resolution
    assert resolution.only is not None, resolution
    return resolution.only.text


def test_each_of_these_texts_means_one_instrument_and_costs_nothing_the_second_time() -> None:
    async def check(simulated: SimulatedInstruments) -> None:
        found = {text: one_text(await simulated.instruments.resolve(text)) for text in ONE}
        assert found == ONE
        simulated.requests.clear()
        again = simulated.another()
        assert {text: one_text(await again.resolve(text)) for text in ONE} == ONE
        assert simulated.requests == []

    run_simulated(check)


@pytest.mark.parametrize(
    ("text", "most"),
    [("AAPL", 2), (265598, 1), ("EUR.USD", 1), ("ES", 3), ("ESZ6", 2), ("SPX", 2), ("SPY 15Jan27 600P", 2)],
)
def test_a_first_lookup_costs_few_requests(text: str | int, most: int) -> None:
    async def check(simulated: SimulatedInstruments) -> None:
        assert isinstance(await simulated.instruments.resolve(text), Found)
        assert len(simulated.requests) <= most, simulated.requests

    run_simulated(check)


def test_many_symbols_share_their_requests() -> None:
    symbols = ["AAPL", "MSFT", "NVDA", "AMZN", "KO", "JNJ", "XOM", "BRK.B", "265598", "VOD.L", "IBM"]

    async def check(simulated: SimulatedInstruments) -> None:
        found = await simulated.instruments.resolve_all(symbols)
        assert [one_text(each) for each in found][:4] == symbols[:4]
        assert simulated.requests == ["/trsrv/stocks", "/trsrv/secdef"]

    run_simulated(check)


@pytest.mark.parametrize(
    ("text", "currency", "meant"),
    [
        ("BMO", "USD", ["BMO@NYSE", "BMO@TSE"]),
        ("BMO", "CAD", ["BMO@TSE"]),
        ("SAP", "USD", ["SAP@NYSE", "SAP@IBIS"]),
        ("SAP", "EUR", ["SAP@IBIS"]),
        ("SHEL", "GBP", ["SHEL@LSE"]),
        ("IBM", "USD", ["IBM"]),
        ("IBM", "EUR", ["IBM@IBIS", "IBM@NYSE"]),
        ("AAPL", "CAD", ["AAPL"]),
        ("CL", "USD", ["CL@NYSE", "CLZ6"]),
        ("EUR", "GBP", ["EUR.GBP"]),
    ],
)
def test_the_account_currency_decides_between_listings_or_both_are_meant(
    text: str, currency: str, meant: list[str]
) -> None:
    async def check(simulated: SimulatedInstruments) -> None:
        found = await simulated.instruments.resolve(text, currency=currency)
        assert isinstance(found, Found)
        assert [each.text for each in found.instruments] == meant

    run_simulated(check)


def test_other_listings_of_a_symbol_are_named_too() -> None:
    async def check(simulated: SimulatedInstruments) -> None:
        found = await simulated.instruments.resolve("AAPL")
        assert isinstance(found, Found)
        assert {(each.text, each.currency) for each in found.also} == {
            ("AAPL@EBS", "CHF"),
            ("AAPL@MEXI", "MXN"),
            ("AAPL@AEQLIT", "CAD"),
        }

    run_simulated(check)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Berkshire", {"BRK A", "BRK B"}),
        ("google", {"GOOGL", "GOOG"}),
        ("JP Morgan", {"JPM", "JEPI"}),
        ("S&P 500 ETF", {"VOO", "SPY", "IVV"}),
        ("AAPL@LSE", {"AAPL", "AAPL@EBS"}),
        ("AAPL.L", {"AAPL", "AAPL@EBS"}),
        ("USD/EUR", {"EUR.USD"}),
        ("IBM bonds", {"IBM 4.75 02/06/33", "IBM 4.15 05/15/39"}),
        ("Treasury", {"US-T 4.375 05/15/41"}),
        ("ESU6", {"ESZ6", "ESH7"}),
        ("ESJ27", {"ESH7", "ESM7"}),
        ("SPY 15Jan27 601.5P", {"SPY 15Jan27 600P", "SPY 15Jan27 605P"}),
        ("SPY 16Jan27 600P", {"SPY 15Jan27 600P"}),
        ("SPY 13Nov26 650C", {"SPY 18Nov26 650C"}),
        ("SPY 20Nov26 650", {"SPY 20Nov26 650C", "SPY 20Nov26 650P"}),
        ("LO 17Dec26 60C", {"LO 16Dec26 60C"}),
        ("AAPL #8314", {"AAPL", "IBM"}),
        ("AAPL sell #8314", {"IBM"}),
    ],
)
def test_what_is_not_certain_or_does_not_exist_gets_choices_that_can_be_written(
    text: str, expected: set[str]
) -> None:
    async def check(simulated: SimulatedInstruments) -> None:
        result = await simulated.instruments.resolve(text)
        assert isinstance(result, Choices)
        assert expected <= {row.write for row in result.rows}
        for row in result.rows:
            assert one_text(await simulated.instruments.resolve(row.write)) == row.write

    run_simulated(check)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#1 stock is AAPL #8314", "IBM"),
        ("AAPL sell #8314", "IBM"),
        ("AAPL Dec 27 200C", "AAPL 17Dec27 200C"),
        ("AAPL Dec-27 200C", "AAPL 17Dec27 200C"),
        ("ES Dec 26", "ESZ6"),
        ("FACEBOOK", "META"),
        ("Facebook stock", "META"),
        ("EURO", "EUR.USD"),
        ("EUR", "EUR.USD"),
        ("YEN", "USD.JPY"),
        ("bitcoin", "BTC.USD"),
        ("S&P 500", "SPX"),
        ("Ford stock", "F"),
    ],
)
def test_where_a_contract_must_be_named_outright_a_name_or_an_unclear_date_is_only_a_choice(
    text: str, expected: str
) -> None:
    async def check(simulated: SimulatedInstruments) -> None:
        result = await simulated.instruments.resolve(text, explicit=True)
        assert isinstance(result, Choices)
        assert expected in {row.write for row in result.rows}

    run_simulated(check)


@pytest.mark.parametrize("explicit", [False, True])
def test_a_date_that_can_be_a_month_or_a_day_gets_both(explicit: bool) -> None:
    async def check(simulated: SimulatedInstruments) -> None:
        result = await simulated.instruments.resolve("AAPL Jan 29 200C", explicit=explicit)
        assert isinstance(result, Choices)
        assert {row.write for row in result.rows} == {"AAPL 19Jan29 200C", "AAPL 29Jan27 200C"}

    run_simulated(check, start=JANUARY)


def test_what_is_printed_names_a_contract_outright() -> None:
    texts = ["AAPL", "AAPL@EBS", "ESZ6", "EUR.USD", "BTC.USD", "SPX", "SPY 15Jan27 600P", "AAPL #265598"]

    async def check(simulated: SimulatedInstruments) -> None:
        for text in texts:
            assert one_text(await simulated.instruments.resolve(text, explicit=True)) in text

    run_simulated(check)


@pytest.mark.parametrize(
    "text", ["", " ?? ", "Foobarium", "XYZQ", "X" * 200, "US0378331006", "12345678901234", "-5"]
)
def test_what_is_unknown_gets_a_hint(text: str) -> None:
    async def check(simulated: SimulatedInstruments) -> None:
        result = await simulated.instruments.resolve(text)
        assert isinstance(result, Unknown)
        assert result.reason

    run_simulated(check)


def test_only_the_wanted_kinds_are_found() -> None:
    async def check(simulated: SimulatedInstruments) -> None:
        resolve = simulated.instruments.resolve
        assert one_text(await resolve("CL", kinds={"STK"})) == "CL@NYSE"
        assert one_text(await resolve("CL", kinds={"FUT"})) == "CLZ6"
        assert one_text(await resolve("BTC", kinds={"CRYPTO"})) == "BTC.USD"
        assert isinstance(await resolve("SPY 15Jan27 600P", kinds={"STK"}), Unknown)

    run_simulated(check)


def test_an_unknown_name_is_looked_up_again_after_some_minutes() -> None:
    async def check(simulated: SimulatedInstruments) -> None:
        await simulated.instruments.resolve("XYZQ")
        simulated.requests.clear()
        await simulated.instruments.resolve("XYZQ")
        assert simulated.requests == []
        for _ in range(3):
            await simulated.pass_time(timedelta(minutes=4))
        await simulated.instruments.resolve("XYZQ")
        assert simulated.requests

    run_simulated(check)


def test_a_failure_at_ibkr_is_no_unknown_name() -> None:
    async def check(simulated: SimulatedInstruments) -> None:
        simulated.simulation.session.logout()
        with pytest.raises(GatewayError):
            await simulated.instruments.resolve("AAPL")

    run_simulated(check)


def test_instruments_of_conids_come_in_one_request_and_unknown_ones_are_absent() -> None:
    async def check(simulated: SimulatedInstruments) -> None:
        found = await simulated.instruments.by_conids([265598, 8314, 12087792, 416904, 999])
        assert {conid: each.text for conid, each in found.items()} == {
            265598: "AAPL",
            8314: "IBM",
            12087792: "EUR.USD",
            416904: "SPX",
        }
        assert simulated.requests == ["/trsrv/secdef"]
        await simulated.instruments.by_conids([265598, 999])
        assert len(simulated.requests) == 1

    run_simulated(check)


@pytest.mark.parametrize("step", [9, pytest.param(1, marks=pytest.mark.thorough)])
def test_what_is_printed_is_understood_when_written_back(step: int) -> None:
    """For every listing, future and bond, and options of all underlyings; or for some of each."""

    async def check(simulated: SimulatedInstruments) -> None:
        universe = simulated.simulation.universe
        listed = [each for each in universe.all() if each.sec_type != "IND"][::step]
        listed += [
            each for each in universe.all() if each.sec_type == "IND" and universe.has_options(each.conid)
        ]
        indices = [each for each in universe.all() if each.sec_type == "IND"]
        for root in [*indices, *(each for each in universe.all()[::step] if each.sec_type == "STK")]:
            for kind in ("OPT", "FOP"):
                for expiry in universe.expiries_of(root.conid, kind)[:: 2 * step]:
                    strikes = universe.strikes_of(root.conid, kind, expiry.contract_month)
                    listed += universe.options_of(
                        root.conid, kind, expiry=f"{expiry.day:%Y%m%d}", strike=strikes[len(strikes) // 2]
                    )
        printed = await simulated.instruments.by_conids([each.conid for each in listed])
        assert len(printed) == len({each.conid for each in listed})
        assert {"FUT", "OPT", "FOP", "BOND", "CASH", "STK"} <= {each.kind for each in printed.values()}
        wrong = {}
        for conid, instrument in printed.items():
            result = await simulated.instruments.resolve(instrument.text)
            found = result.instruments if isinstance(result, Found) else ()
            if conid not in [each.conid for each in found]:
                wrong[instrument.text] = result
        assert wrong == {}

    run_simulated(check)

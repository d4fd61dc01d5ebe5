"""Chinese names: IBKR sends them for some contracts, as HTML character references."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from api_gateway.simulator.instruments.instrument import Instrument

_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "700": "腾讯控股",
        "7203": "丰田汽车",
        "AAPL": "苹果公司",
        "AMZN": "亚马逊",
        "BA": "波音公司",
        "DIS": "迪士尼",
        "GOOGL": "谷歌",
        "IBM": "国际商业机器",
        "JNJ": "强生",
        "JPM": "摩根大通",
        "KO": "可口可乐",
        "MSFT": "微软",
        "NVDA": "英伟达",
        "SPY": "道富SPDR标普500 ETF信托",
        "TSLA": "特斯拉",
        "WMT": "沃尔玛",
        "XOM": "埃克森美孚",
    }
)
_DOLLAR = "美元"


def chinese_name(instrument: Instrument) -> str | None:
    """The Chinese name of the contract or its underlying, `&#x5FAE;&#x8F6F;`, or None if it has none.

    A cryptocurrency has the name of its quote currency, as in IBKR's example.
    """
    if instrument.sec_type == "CRYPTO":
        return _to_references(_DOLLAR)
    name = _NAMES.get(instrument.symbol) if instrument.sec_type in ("STK", "CFD", "OPT") else None
    return None if name is None else _to_references(name)


def _to_references(text: str) -> str:
    return "".join(letter if letter.isascii() else f"&#x{ord(letter):X};" for letter in text)

"""Expiries as people write them: days and contract months, in every usual order and style."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
MONTH_LETTERS: Final = "FGHJKMNQUVXZ"
_LONG = ("UARY", "RUARY", "CH", "IL", "", "E", "Y", "UST", "(?:T|TEMBER)", "OBER", "EMBER", "EMBER")
_MONTH_NAME: Final = (
    "(?P<mon>"
    + "|".join(f"{name}(?:{rest})?" if rest else name for name, rest in zip(MONTHS, _LONG, strict=True))
    + ")"
)
_YEAR: Final = r"(?P<y>20\d\d|\d\d)"


@dataclass(frozen=True, order=True)
class ContractMonth:
    """A contract month, such as January 2027."""

    year: int
    month: int

    @property
    def code(self) -> str:
        """IBKR's code: JAN27."""
        return f"{MONTHS[self.month - 1]}{self.year % 100:02d}"

    @property
    def digits(self) -> str:
        """As IBKR's contract details report it: 202701."""
        return f"{self.year}{self.month:02d}"

    @property
    def letter(self) -> str:
        """The letter in the names of futures: F for January, Z for December."""
        return MONTH_LETTERS[self.month - 1]

    @property
    def text(self) -> str:
        """As we print it: Jan27."""
        return f"{MONTHS[self.month - 1].capitalize()}{self.year % 100:02d}"

    def shifted(self, months: int) -> ContractMonth:
        """The month that is so many months later."""
        return month_number(self.year * 12 + self.month - 1 + months)

    @property
    def third_friday(self) -> date:
        """The day on or near which its standard options expire."""
        first = date(self.year, self.month, 1)
        return first.replace(day=15 + (4 - first.weekday()) % 7)


def month_number(number: int) -> ContractMonth:
    """The month with this number, counted from the year 0."""
    return ContractMonth(number // 12, number % 12 + 1)


def month_of(day: date) -> ContractMonth:
    """The calendar month of a day."""
    return ContractMonth(day.year, day.month)


def parse_month_code(text: str) -> ContractMonth | None:
    """The month of IBKR's code JAN27 or of its digits 202701; None for anything else."""
    text = text.strip().upper()
    if re.fullmatch(r"[A-Z]{3}\d\d", text) and text[:3] in MONTHS:
        return ContractMonth(2000 + int(text[3:]), MONTHS.index(text[:3]) + 1)
    if re.fullmatch(r"20\d\d(0[1-9]|1[0-2])", text):
        return ContractMonth(int(text[:4]), int(text[4:]))
    return None


def parse_day(text: object) -> date | None:
    """The day of IBKR's 20270115, which is a number in some of its replies; None for anything else."""
    digits = str(text or "")
    if not re.fullmatch(r"\d{8}", digits):
        return None
    return _day(int(digits[:4]), int(digits[4:6]), int(digits[6:]))


def future_year(digits: str, today: date) -> int:
    """The year that `6`, `26` or `2026` means: one digit is from 4 years ago to 5 years ahead."""
    if len(digits) > 1:
        return int(digits) if len(digits) == 4 else 2000 + int(digits)
    return next(year for year in range(today.year - 4, today.year + 6) if year % 10 == int(digits))


def day_text(day: date) -> str:
    """As we print it: 15Jan27."""
    return f"{day.day}{MONTHS[day.month - 1].capitalize()}{day.year % 100:02d}"


@dataclass(frozen=True)
class DatedText:
    """A date that was found in a text, and the text without it."""

    when: date | ContractMonth
    rest: str
    american: bool = False
    or_day: date | None = None
    """The day that `Jan 28` can mean as well as the month January 2028."""


# Ordered: the first that leaves a rest which can be read is meant. `{}` are the parts above.
_DAY_PATTERNS: Final = tuple(
    re.compile(rf"(?<![A-Z0-9.]){pattern}(?![0-9])")
    for pattern in (
        r"(?P<y>20\d\d)(?P<sep>[-/.]?)(?P<m>\d\d)(?P=sep)(?P<d>\d\d)(?![.])",
        rf"(?P<d>\d{{1,2}})(?:ST|ND|RD|TH)?[ -]?{_MONTH_NAME}[ -]?'?{_YEAR}(?![.])",
        rf"{_MONTH_NAME}[ -]?(?P<d>\d{{1,2}})(?:ST|ND|RD|TH)?(?: ?'|, ?){_YEAR}",
        rf"{_MONTH_NAME}[ -]?(?P<d>\d{{1,2}})(?:ST|ND|RD|TH)?[ -](?P<y>20\d\d)(?![.])",
        r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>20\d\d|\d\d)",
        r"(?P<y>\d\d)(?P<m>[01]\d)(?P<d>[0-3]\d)(?![.])",
    )
)
_MONTH_PATTERNS: Final = tuple(
    re.compile(rf"(?<![A-Z0-9.]){pattern}(?![A-Z0-9.])")
    for pattern in (
        rf"{_MONTH_NAME}[ -]?'?{_YEAR}",
        r"(?P<y>20\d\d)-?(?P<m>0[1-9]|1[0-2])",
        r"(?P<m>0?[1-9]|1[0-2])/(?P<y>20\d\d)",
        r"(?P<letter>[FGHJKMNQUVXZ])(?P<y>20\d\d|\d\d?)",
    )
)
_UNCLEAR_YEAR: Final = re.compile(r"[ -]\d\d$")
"""Jan 28, unlike Jan28, Jan '28 and Jan 2028."""
_YEARLESS_PATTERNS: Final = tuple(
    re.compile(rf"(?<![A-Z0-9.]){pattern}(?![A-Z0-9.])")
    for pattern in (
        rf"(?P<d>\d{{1,2}})(?:ST|ND|RD|TH)?[ -]?{_MONTH_NAME}",
        rf"{_MONTH_NAME}[ -]?(?P<d>\d{{1,2}})(?:ST|ND|RD|TH)?",
        _MONTH_NAME,
    )
)


def find_dates(text: str, today: date) -> Iterator[DatedText]:
    """Every way to find one expiry in an upper-case text, the most explicit first."""
    for pattern in _DAY_PATTERNS:
        for match in pattern.finditer(text):
            yield from _dated(text, match, today)
    for pattern in _MONTH_PATTERNS:
        for match in pattern.finditer(text):
            # `Jan 15` is the 15th rather than a month of the past.
            if "letter" in match.groupdict() or _year(match["y"], today) >= today.year:
                yield from _dated(text, match, today)
    for pattern in (*_YEARLESS_PATTERNS, _MONTH_PATTERNS[0]):
        for match in pattern.finditer(text):
            yield from _dated(text, match, today)


def _dated(text: str, match: re.Match[str], today: date) -> Iterator[DatedText]:
    parts = match.groupdict()
    if parts.get("letter"):
        month = MONTH_LETTERS.index(parts["letter"]) + 1
    else:
        month = MONTHS.index(parts["mon"][:3]) + 1 if parts.get("mon") else int(parts["m"])
    rest = " ".join(f"{text[: match.start()]} {text[match.end() :]}".split())
    american = "/" in match[0] and bool(parts.get("d"))
    if american and month > 12:  # written with the day first
        month, parts["d"] = int(parts["d"]), str(month)
    when: date | ContractMonth | None
    or_day = None
    if parts.get("y") and parts.get("d"):
        when = _day(_year(parts["y"], today), month, int(parts["d"]))
    elif parts.get("y"):
        when = ContractMonth(_year(parts["y"], today), month)
        if parts.get("mon") and _UNCLEAR_YEAR.search(match[0]):
            or_day = _next_day(month, int(parts["y"]), today)
    elif parts.get("d"):
        when = _next_day(month, int(parts["d"]), today)
    else:
        when = next(
            m
            for m in (ContractMonth(today.year, month), ContractMonth(today.year + 1, month))
            if m >= month_of(today)
        )
    if when is not None and rest:
        yield DatedText(when, rest, american, or_day)


def _next_day(month: int, day: int, today: date) -> date | None:
    days = [_day(year, month, day) for year in (today.year, today.year + 1)]
    return next((each for each in days if each and each >= today), None)


def _year(digits: str, today: date) -> int:
    return future_year(digits, today)


def _day(year: int, month: int, day: int) -> date | None:
    if not (1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]):
        return None
    return date(year, month, day)

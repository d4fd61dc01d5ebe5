from __future__ import annotations

import pytest

from api_gateway.simulator.universe_file.toml_lines import TomlLines

TEXT = '''# a comment
[[position]]
symbol = "AAPL" # quantity = 5
quantity = 1

[cash]
USD = 5
"EUR" = 6

[[position]]
notes = """
quantity = 7
"""
months = [
  1, # quantity = 2
  2,
]
quantity = 3
'''


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("position", 0), 2),
        (("position", 0, "quantity"), 4),
        (("cash",), 6),
        (("cash", "USD"), 7),
        (("cash", "EUR"), 8),
        (("position", 1), 10),
        (("position", 1, "months", 0), 14),
        (("position", 1, "quantity"), 18),
        (("position", 1, "missing"), 10),
        (("nowhere",), 1),
    ],
)
def test_the_line_of_each_table_and_key_is_found(place: tuple[str | int, ...], line: int) -> None:
    assert TomlLines(TEXT).line_of(place) == line

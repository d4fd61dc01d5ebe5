from __future__ import annotations

from api_gateway.simulator.accounts.dividend_accrual import DividendAccrual, sum_accruals


def accrual(currency: str, gross: float, tax: float, ex_at: float, pay_at: float) -> DividendAccrual:
    return DividendAccrual(1, currency, 10, gross / 10, gross, tax, ex_at, pay_at)


def test_net_dividends_are_accrued_from_the_ex_date_until_they_are_paid() -> None:
    accruals = [
        accrual("USD", 100.0, 15.0, 10, 20),
        accrual("USD", -40.0, 0.0, 15, 30),
        accrual("EUR", 7.1, 1.87, 15, 20),
    ]
    assert sum_accruals(accruals, 9) == {}
    assert sum_accruals(accruals, 10) == {"USD": 85.0}
    assert sum_accruals(accruals, 19) == {"USD": 45.0, "EUR": 5.23}
    assert sum_accruals(accruals, 20) == {"USD": -40.0}

"""Read forms: what a read returns is accepted by the matching write, with IBKR's names and read-only keys."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True)
class ReadForm:
    """How an object of a read becomes the arguments of a write.

    `renamed` has the read's keys and the arguments' names, `rows` the forms of lists by argument. If the
    object has one of the keys `only_read`, which no caller writes, keys that are not arguments are dropped.
    """

    renamed: Mapping[str, str] = field(default_factory=dict)
    only_read: frozenset[str] = frozenset()
    rows: Mapping[str, ReadForm] = field(default_factory=dict)

    def to_arguments(self, values: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
        """The values under the names of arguments; what the caller names so takes precedence."""
        from_read = not self.only_read.isdisjoint(values)
        found: dict[str, Any] = {}
        for key, value in values.items():
            if key in self.renamed:
                if self.renamed[key] not in values:
                    found[self.renamed[key]] = None if value == "" and from_read else value
            elif key in names or not from_read:
                found[key] = value
        return found


NO_FORM: Final = ReadForm()

_TARGET: Final = ReadForm(only_read=frozenset({"actual", "mv", "exchangeRate", "instrumentImbalance"}))

READ_FORMS: Final[Mapping[str, ReadForm]] = {
    # get_alert, get_mta_alert
    "save_alert": ReadForm(
        {
            "account": "account_id",
            "alert_email": "email",
            "alert_send_message": "send_message",
            "alert_show_popup": "show_popup",
            "condition_outside_rth": "outside_rth",
        },
        frozenset({"order_status", "alert_triggered", "condition_size", "order_not_editable"}),
        {
            "conditions": ReadForm(
                {
                    "condition_type": "type",
                    "condition_operator": "operator",
                    "condition_value": "value",
                    "condition_logic_bind": "logic_bind",
                    "condition_time_zone": "time_zone",
                },
                frozenset({"condition_type", "contract_description_1", "condition_trigger_method"}),
            )
        },
    ),
    # A row of list_alerts
    "activate_alert": ReadForm(
        {"account": "account_id", "order_id": "alert_id"}, frozenset({"alert_triggered", "order_time"})
    ),
    # get_watchlist
    "save_watchlist": ReadForm(
        {"id": "watchlist_id", "instruments": "rows"},
        frozenset({"hash", "readOnly"}),
        {
            "rows": ReadForm(
                {"C": "conid", "H": "heading"},
                frozenset({"C", "ST", "fullName", "assetClass", "ticker", "chineseName"}),
            )
        },
    ),
    # get_allocation_group needs no form; a row of list_allocation_groups
    **dict.fromkeys(
        ("create_allocation_group", "modify_allocation_group"),
        ReadForm({"allocation_method": "default_method"}, frozenset({"allocation_method", "size"})),
    ),
    # list_model_positions, together with `desc` and `isStatic` of get_model_summary
    "save_model": ReadForm(
        {"positionList": "position_targets", "cash": "cash_targets", "isStatic": "is_static"},
        frozenset({"positionList", "positionTs", "mismatched", "stkOnly", "numAccounts", "mismatch", "nlv"}),
        {"position_targets": _TARGET, "cash_targets": _TARGET},
    ),
    # get_model_presets, whose older names say the same
    "save_model_presets": ReadForm(
        {
            "avoidNegativeCashInIndependent": "avoid_negative_cash_in_independent",
            "closeDivestIndependentPosition": "close_divest_independent_position",
            "fullyInvestExistingLongPositions": "fully_invest_existing_long_positions",
            "keepModelOpen": "keep_model_open",
            "preferCrossWithIndependent": "prefer_cross_with_independent",
            "preferTransferFromIndependent": "prefer_transfer_from_independent",
            "roundAllocationQuantityToExchangeBoardLot": "round_allocation_quantity_to_exchange_board_lot",
            "subscriptionStatus": "subscription_status",
            "useNonBaseCcy": "use_non_base_ccy",
            "useToleranceRange": "use_tolerance_range",
        },
        frozenset({"reqID", "cashQtyEstimateFactor", "roundAllocExchBoardLot"}),
    ),
    # A row of list_notification_settings
    "set_notification_type": ReadForm({"FC": "typecode", "A": "enabled"}, frozenset({"FC", "FN", "FD", "H"})),
    # get_delivery_options, and a row of its `E`
    "set_email_delivery": ReadForm({"M": "enabled"}, frozenset({"M", "E"})),
    "set_device_delivery": ReadForm(
        {"I": "device_id", "NM": "device_name", "UI": "ui_name", "A": "enabled"}, frozenset({"I", "NM", "UI"})
    ),
}

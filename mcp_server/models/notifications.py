"""Arguments of the notifications: which ones to return, and where they are delivered."""

from __future__ import annotations

from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from api_gateway.client.paths import PATH_PARAMETERS
from mcp_server.models.arguments import Arguments
from mcp_server.rest.parameters import Text, argument_error, matches

MAX_TYPES: Final = 50

NotificationId = Annotated[
    str, matches(PATH_PARAMETERS["notification"].pattern.pattern, "the ID of a notification")
]
Typecode = Annotated[str, matches("[A-Za-z0-9]{1,8}", "the code of a notification type, such as BA")]
# Phones have IDs like apn://mtws@1234.
DeviceId = Annotated[str, matches(PATH_PARAMETERS["device"].pattern.pattern, "the ID of a device")]


class NotificationsQuery(Arguments):
    """Which notifications to return."""

    limit: Annotated[
        int, Field(serialization_alias="max", ge=1, le=10, description="Maximum number, 1-10.")
    ] = 10
    include: Annotated[list[Typecode] | None, Field(description='Only these types, e.g. ["BA"].')] = None
    exclude: Annotated[list[Typecode] | None, Field(description="All except these types.")] = None
    after_id: Annotated[
        NotificationId | None, Field(serialization_alias="id", description="Last `ID` of the previous page.")
    ] = None

    @model_validator(mode="after")
    def _check_types(self) -> Self:
        if self.include is not None and self.exclude is not None:
            raise argument_error("pass `include` or `exclude`, not both")
        if len(self.include or self.exclude or ()) > MAX_TYPES:
            raise argument_error(f"pass at most {MAX_TYPES} types")
        return self


class Device(Arguments):
    """A phone or tablet, and whether it gets notifications."""

    device_id: Annotated[DeviceId, Field(description="`I` in `get_delivery_options`.")]
    enabled: Annotated[bool, Field(description="true: on, false: off.")]
    device_name: Annotated[Text | None, Field(description="`NM` in `get_delivery_options`.")] = None
    ui_name: Annotated[Text | None, Field(description="`UI` in `get_delivery_options`.")] = None

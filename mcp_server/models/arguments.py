"""Base class of the argument models: accepts our names and sends IBKR's."""

from __future__ import annotations

from typing import Any

from pydantic import AliasGenerator, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Arguments(BaseModel):
    """Arguments of one operation. An unknown one is rejected; an omitted one is not sent."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=AliasGenerator(serialization_alias=to_camel)
    )

    def sent(self) -> dict[str, Any]:
        """The arguments under IBKR's names."""
        return self.model_dump(by_alias=True, exclude_none=True)

"""What deciding needs of a message, as it is kept sealed beside the archive. Pure.

The whole message, with the rap sheet, stays in the archive, which only an adjudicator's look opens.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Self

from pydantic_core import from_json, to_json

from services.fingerprint.messages import Finding, Kind, Message


@dataclass(frozen=True, slots=True)
class Evidence:
    """The sealed part of an answer.

    Attributes:
        held: drawn for the random share.
        codes: what its source writes for our codes in a case number, where that differs.
    """

    kind: Kind
    type_of_transaction: str
    dated: date
    stamped: datetime | None
    tcr: str
    oca: str
    name: str
    finding: Finding | None
    reject_codes: tuple[str, ...]
    subscriber: str
    held: bool
    codes: Mapping[str, str] = field(default_factory=dict)

    @property
    def case_number(self) -> str:
        """The OCA with our code for what the prints are for."""
        code, dash, number = self.oca.partition("-")
        return f"{self.codes.get(code, code)}{dash}{number}"

    @classmethod
    def of(cls, message: Message, *, held: bool, codes: Mapping[str, str] = MappingProxyType({})) -> Self:
        """What is kept of a message."""
        return cls(
            message.kind,
            message.type_of_transaction,
            message.dated,
            message.stamped,
            message.tcr,
            message.oca,
            message.name,
            message.finding,
            message.reject_codes,
            message.subscriber,
            held,
            codes,
        )

    def written(self) -> bytes:
        """As bytes, to be sealed."""
        return to_json(
            {
                "kind": self.kind,
                "type": self.type_of_transaction,
                "dated": self.dated,
                "stamped": self.stamped,
                "tcr": self.tcr,
                "oca": self.oca,
                "name": self.name,
                "finding": self.finding,
                "codes": self.reject_codes,
                "subscriber": self.subscriber,
                "held": self.held,
                "map": dict(self.codes),
            }
        )

    @classmethod
    def read(cls, written: bytes) -> Self:
        """From bytes that `written` made."""
        found = from_json(written)
        return cls(
            Kind(found["kind"]),
            found["type"],
            date.fromisoformat(found["dated"]),
            datetime.fromisoformat(found["stamped"]) if found["stamped"] else None,
            found["tcr"],
            found["oca"],
            found["name"],
            Finding(found["finding"]) if found["finding"] else None,
            tuple(found["codes"]),
            found["subscriber"],
            found["held"],
            found.get("map", {}),
        )

"""How policy is written: the forms of a class and of a requirement, and the sentences for whoever writes them wrong."""

import re
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from shared.policy import BadPolicy

CODE: Final = re.compile(r"[a-z][a-z0-9_-]*")
MOST_YEARS: Final = 99


class Kind(StrEnum):
    """What meets a requirement."""

    DOCUMENT = "document"  # staff saw it
    RECOMMENDATION = "recommendation"  # the institution gave it
    CLEARANCE = "clearance"  # fingerprint said so
    FEE = "fee"  # staff recorded that it came
    CONDUCT = "conduct"  # every answer No, or a person looked
    SIGNED = "signed"  # signed with the application


# What is written for a kind alone.
_ITS_OWN: Final[dict[Kind, frozenset[str]]] = {
    Kind.DOCUMENT: frozenset({"measure", "at_least", "for_areas"}),
    Kind.RECOMMENDATION: frozenset(),
    Kind.CLEARANCE: frozenset({"purposes", "months"}),
    Kind.FEE: frozenset({"dollars"}),
    Kind.CONDUCT: frozenset(),
    Kind.SIGNED: frozenset({"statement"}),
}
_ANY: Final = frozenset({"kind", "title", "do", "routes"})


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rule(_Strict):
    """One requirement as the policy writes it."""

    kind: Kind
    title: Annotated[str, Field(min_length=1, max_length=200)]
    do: Annotated[str, Field(min_length=1)]
    # For which routes; empty: for all.
    routes: frozenset[str] = frozenset()
    # Of a document: what is counted on it, and how much of it there must be.
    measure: str = ""
    at_least: Annotated[int, Field(ge=0, strict=True)] = 0
    # Of a document: whether each content area applied for needs one.
    for_areas: Annotated[bool, Field(strict=True)] = False
    # Of a clearance: the codes of checks that count, and how many months old one may be.
    purposes: tuple[str, ...] = ()
    months: Annotated[int, Field(ge=0, strict=True)] = 0
    dollars: Annotated[int, Field(ge=0, strict=True)] = 0
    statement: str = ""

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        own = _ITS_OWN[self.kind]
        if foreign := sorted(self.model_fields_set - _ANY - own):
            raise ValueError(f"remove {_listed(foreign)}, which a {self.kind} does not have")
        if self.kind is Kind.DOCUMENT:
            if bool(self.measure) != (self.at_least > 0):
                raise ValueError("write both 'measure' and 'at_least', or neither")
        elif empty := sorted(name for name in own if not getattr(self, name)):
            raise ValueError(f"a {self.kind} needs {_listed(empty)}")
        return self


class About(_Strict):
    """What a class of certificate is, as the policy writes it."""

    title: Annotated[str, Field(min_length=1, max_length=100)]
    about: Annotated[str, Field(min_length=1)]
    submit_to: Literal["dese", "institution"]
    asks: frozenset[Literal["institution", "program", "areas"]] = frozenset()
    unneeded_with: tuple[str, ...] = ()
    shares_expiration: Annotated[bool, Field(strict=True)] = False


Model = TypeVar("Model", bound=_Strict)


def read(model: type[Model], value: Any, key: str) -> Model:
    """A value of the policy as this form.

    Raises:
        BadPolicy: it has another form.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        wrong = "; ".join(dict.fromkeys(_sentence(one) for one in error.errors()))
        raise BadPolicy(f"the policy's '{key}' cannot be read: {wrong}") from None


def whole_number(value: Any, key: str, *, least: int = 1, most: int = 9_999) -> int:
    """A value of the policy as a whole number within bounds."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise BadPolicy(f"the policy's '{key}' must be a whole number from {least} to {most}")
    return value


def whole_numbers(value: Any, key: str, *, most: int) -> tuple[int, ...]:
    """A value of the policy as a list of whole numbers, the smallest first."""
    if not isinstance(value, list):
        raise BadPolicy(f"the policy's '{key}' must be a list of whole numbers, such as [30, 60]")
    return tuple(sorted(whole_number(one, key, most=most) for one in value))


def words(value: Any, key: str, what: str) -> str:
    """A value of the policy as words; `what` says which."""
    if not isinstance(value, str) or not value:
        raise BadPolicy(f"the policy's '{key}' must be {what}")
    return value


def titles(value: Any, key: str, *, empty: bool = False) -> dict[str, str]:
    """A value of the policy as code: title."""
    fits = isinstance(value, dict) and all(isinstance(one, str) and one for pair in value.items() for one in pair)
    if not fits or not (value or empty):
        raise BadPolicy(f"the policy's '{key}' must be lines of 'code: title'; put a code of digits in quotes")
    return dict(value)


def _sentence(error: ErrorDetails) -> str:
    where = ".".join(map(str, error["loc"]))
    match error["type"]:
        case "missing":
            return f"add '{where}'"
        case "extra_forbidden":
            return f"remove '{where}' or correct its name, since nothing of that name is read"
        case "enum" | "literal_error":
            return f"'{where}' must be one of {error['ctx']['expected']}"
        case "string_type":
            return f"'{where}' must be text; put it in quotes"
        case "value_error":
            return str(error["ctx"]["error"])
        case _:
            return f"{error['msg'][0].lower()}{error['msg'][1:]}" + (f" at '{where}'" if where else "")


def _listed(names: list[str]) -> str:
    return " and ".join(f"'{name}'" for name in names)

"""Where results come from: each partner's folder, and how it is told there that a file is complete.

A source is configuration. `ECS_SOURCES` names a YAML file, `NAME: {folder: ..., rule: ...}`, validated at start:

    patrol:
      folder: /srv/sftp/patrol        # its `incoming` is the partner's, its `reading` is ours; one file system
      rule: signal                    # still | renamed | signal | manifest
      suffix: .done                   # of a signal; of a manifest `manifest: "*.sha256"`
      bureaus: {MOMHP0000: state}     # who an ORI (1.008) is; those not named here are the policy's
      purposes: {"01": "2301"}        # the partner's codes in OCA (2.009), and ours

The source `spool` is always there: the folder `spool` of the home with the rule `still`, unless the file says another.
See docs/decisions/0033.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from shared.events import Bureau
from shared.policy import EachKeyOnce, KeyTwice, purposes, today

SPOOL: Final = "spool"
UPLOAD: Final = "upload"
# A partner has not finished naming these. Compared in lower case.
UNFINISHED: Final = (".part", ".tmp", ".filepart")

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,30}")
_ORI: Final = re.compile(r"[A-Z0-9]{9}")
_CODE: Final = re.compile(r"[A-Z0-9]{1,8}")


class BadSources(Exception):
    """The file of sources says something that cannot hold; the text names the file, the source and what to do."""


class Rule(StrEnum):
    """How a partner says that a file is complete."""

    STILL = "still"
    RENAMED = "renamed"
    SIGNAL = "signal"
    MANIFEST = "manifest"


class Source(BaseModel):
    """One partner's folder.

    Attributes:
        rule: `still`, its size and time have not changed for a while; `renamed`, as soon as it has a finished name;
            `signal`, when a file of the same name with `suffix` is there; `manifest`, when every file that a list of
            SHA-256 sums names is there with that sum.
        bureaus: who an ORI is.
        purposes: the partner's codes and ours; empty where they are ours already.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    name: str
    folder: Path
    rule: Rule = Rule.STILL
    suffix: Annotated[str, Field(min_length=2, max_length=20)] = ".done"
    manifest: Annotated[str, Field(min_length=2, max_length=60)] = "*.sha256"
    bureaus: Mapping[str, Bureau] = Field(default_factory=dict)
    purposes: Mapping[str, str] = Field(default_factory=dict)

    @field_validator("name")
    @classmethod
    def _is_a_name(cls, name: str) -> str:
        if not _NAME.fullmatch(name) or name == UPLOAD:
            raise ValueError(f"its name must be small letters, digits and '-', at most 31, and not '{UPLOAD}'")
        return name

    @field_validator("suffix")
    @classmethod
    def _is_a_suffix(cls, suffix: str) -> str:
        if "/" in suffix or suffix.lower() in UNFINISHED:
            raise ValueError("'suffix' must not be one of a file that is still written, nor hold a '/'")
        return suffix

    @field_validator("bureaus")
    @classmethod
    def _are_bureaus(cls, bureaus: Mapping[str, Bureau]) -> Mapping[str, Bureau]:
        if wrong := next((ori for ori in bureaus if not _ORI.fullmatch(ori)), None):
            raise ValueError(f"'bureaus' names '{wrong}'; an ORI has nine capital letters and digits")
        return bureaus

    @field_validator("purposes", mode="before")
    @classmethod
    def _are_purposes(cls, codes: Any) -> Any:
        if not isinstance(codes, dict) or not all(isinstance(one, str) for pair in codes.items() for one in pair):
            raise ValueError("'purposes' must map their codes to ours, each in quotes")
        ours = purposes(today())
        if wrong := next((code for code in codes if not _CODE.fullmatch(code)), None):
            raise ValueError(f"'purposes' names '{wrong}'; a code has up to eight capital letters and digits")
        if wrong := next((code for code in codes.values() if code not in ours), None):
            raise ValueError(f"'purposes' leads to '{wrong}'; ours are {', '.join(ours)}")
        return codes

    @model_validator(mode="after")
    def _has_what_its_rule_needs(self) -> "Source":
        if "suffix" in self.model_fields_set and self.rule is not Rule.SIGNAL:
            raise ValueError("'suffix' belongs to the rule 'signal' alone")
        if "manifest" in self.model_fields_set and self.rule is not Rule.MANIFEST:
            raise ValueError("'manifest' belongs to the rule 'manifest' alone")
        return self

    @cached_property
    def incoming(self) -> Path:
        """Where the partner writes."""
        return self.folder / "incoming"

    @cached_property
    def reading(self) -> Path:
        """Where files are held while they are read."""
        return self.folder / "reading"

    def is_token(self, name: str) -> bool:
        """Whether a file of this name only says that others are complete."""
        match self.rule:
            case Rule.SIGNAL:
                return name.endswith(self.suffix)
            case Rule.MANIFEST:
                return fnmatchcase(name, self.manifest)
            case _:
                return False


def default(home: Path) -> Source:
    """The source that is always there."""
    return Source(name=SPOOL, folder=home / SPOOL)


def uploads(home: Path) -> Source:
    """Where what staff upload is put. It is no partner's: its name is none that a file of sources may give."""
    return Source.model_construct(name=UPLOAD, folder=home / SPOOL / "uploads", rule=Rule.RENAMED)


def read(path: Path | None, home: Path) -> tuple[Source, ...]:
    """Every source, the one that is always there first.

    Args:
        path: the YAML file; None for none.
        home: what folders that are not absolute are below.

    Raises:
        BadSources: the file is not there, not YAML, or says what cannot hold.
    """
    if path is None:
        return (default(home),)
    sources = [_source(path, home, name, said) for name, said in _said(path).items()]
    if all(source.name != SPOOL for source in sources):
        sources.insert(0, default(home))
    for one in sources:
        for other in sources:
            if one is not other and _is_inside(one.folder, other.folder):
                raise BadSources(
                    f"{path}: the folder of '{one.name}' lies in that of '{other.name}'; give each source its own."
                )
    return tuple(sources)


def _said(path: Path) -> dict[str, Any]:
    try:
        said = yaml.load(path.read_text(), EachKeyOnce)  # noqa: S506 - a safe loader, but for repeated keys
    except OSError as error:
        raise BadSources(f"{path} cannot be read ({error.strerror}); correct ECS_SOURCES or unset it.") from None
    except KeyTwice as twice:
        raise BadSources(f"{path}: '{twice}' stands twice in one place; keep one.") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise BadSources(f"{path} is not YAML; check its indentation.") from None
    if not isinstance(said, dict) or not all(isinstance(name, str) for name in said):
        raise BadSources(f"{path} must name sources, each with its 'folder' and 'rule'.")
    return said


def _source(path: Path, home: Path, name: str, said: Any) -> Source:
    if not isinstance(said, dict) or not isinstance(said.get("folder"), str) or "name" in said:
        raise BadSources(f"{path}: '{name}' needs a 'folder', as in 'folder: /srv/sftp/{name}'.")
    try:
        return Source.model_validate({**said, "name": name, "folder": home / said["folder"]})
    except ValidationError as error:
        raise BadSources(f"{path}: '{name}': {'; '.join(map(_sentence, error.errors()))}.") from None


def _sentence(problem: Any) -> str:
    field = ".".join(map(str, problem["loc"]))
    match problem["type"]:
        case "value_error":
            return str(problem["ctx"]["error"])
        case "extra_forbidden":
            return f"'{field}' is not known; remove it or correct its spelling"
        case "enum":
            return f"'{field}' must be {problem['ctx']['expected']}"
        case _:
            return f"'{field}' has a value that it cannot have"


def _is_inside(one: Path, other: Path) -> bool:
    return one.absolute().is_relative_to(other.absolute())

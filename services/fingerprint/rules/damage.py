"""What staff are told of a file that could not be read: what is wrong and where, never what it holds. Pure.

Where something is wrong can tell what stands there: only an answer with a record has a rap sheet (2.075) or a number of
its person (2.014, 2.015), and an error that comes late in the file says that much stands before it. So a field is named
only where answers without a record have it as well, or submissions of everybody; never for what may be wrong with any
field, since one that is not named would then be one of the others; and at which byte, only adjudicators are told.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.fingerprint.reasons import SENTENCES

# Fields of Type-2 records that every answer or every submission may have.
_OF_ALL: Final = frozenset({1, 2, 3, 5, 9, 16, 18, 20, 22, 24, 25, 27, 29, 31, 32, 37, 38, 59, 60, 73})
# What may be wrong with whatever field there is; the rest is wrong with those that are asked for.
_OF_ANY: Final = frozenset({"characters", "limit", "repeated"})


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing that is wrong with a file.

    Attributes:
        sentence: in words.
        record: the number of the record, as written; empty where it is the file as a whole.
        field: the field's number, where it may be told.
        offset: the byte, from 0, where it may be told.
    """

    code: str
    sentence: str
    record: str
    field: str
    offset: int | None


def damages(errors: Sequence[Sequence[Any]], *, in_full: bool) -> list[Damage]:
    """Everything that is wrong with a file, in its order.

    Args:
        errors: code, field and offset of each, as the ledger keeps them.
        in_full: for somebody who may read criminal history.
    """
    found = list(_found(errors, in_full=in_full))
    # Two that cannot be told apart any more are one: how many there are would tell of what is not named.
    return found if in_full else list(dict.fromkeys(found))


def _found(errors: Iterable[Sequence[Any]], *, in_full: bool) -> Iterable[Damage]:
    for code, field, offset in errors:
        record, _, number = str(field).partition(".")
        of_all = record == "2" and number.isdigit() and int(number) in _OF_ALL and code not in _OF_ANY
        told = in_full or record == "1" or of_all
        yield Damage(
            code,
            SENTENCES.get(code, code),
            record,
            str(field) if number and told else "",
            int(offset) if in_full else None,
        )

"""Guards of results, switched off: what is taken in once, whose it is, what comes of it, who sees it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any, Final

from sqlalchemy import text

from services.fingerprint import vault
from services.fingerprint.actions import (
    archive,
    checks,
    entering,
    importers,
    matching,
    searching,
    submissions,
    undoing,
)
from services.fingerprint.bundles.contents import Limits
from services.fingerprint.evidence import Evidence
from services.fingerprint.messages import Finding
from services.fingerprint.rules import addressing, deciding, tying
from services.fingerprint.rules.check import Answer, Standing
from services.fingerprint.spool.importer import Hand
from shared import csrf
from shared.auth import Caller
from tests.faults.unguarded import databases_after, put


def no_fence() -> None:
    """Whose lease has run out may commit."""

    async def held(*_: Any) -> bool:
        return True

    put(importers, "fence", held)


def removed_before_kept() -> None:
    """The clear file goes before its bytes are kept."""
    commit = Hand._committed

    async def hasty(self: Hand, files: Any) -> Any:
        await self._remove([(one.held, one.reading.sight) for one in files])
        return await commit(self, files)

    put(Hand, "_committed", hasty)


def taken_again() -> None:
    """What is in the ledger under its claim already is not looked for."""

    async def none(*_: Any) -> set[int]:
        return set()

    put(entering, "taken", none)


def numbers_not_held() -> None:
    """Two importers take in two versions of one reply at once."""

    async def free(*_: Any) -> None:
        return

    put(matching, "hold_numbers", free)


def any_check_digit() -> None:
    """Eight digits are an Educator ID."""
    put(addressing, "educator_id", SimpleNamespace(is_valid=lambda number: len(number) == 8))


def two_people_named() -> None:
    """Where two people are named, the first one is meant."""
    whose = addressing.whose

    def hasty(named: Any, *told: Any) -> Any:
        alone = replace(named, oca="", subscriber="") if named.submitted.people else replace(named, subscriber="")
        return whose(replace(alone, submitted=replace(alone.submitted, contradicts=False)), *told)

    put(addressing, "whose", hasty)
    put(matching, "whose", hasty)


def names_say_nothing() -> None:
    """No name in an answer is a reason to look."""
    put(checks, "contradicts", lambda *_: False)
    put(checks, "is_foreign", lambda *_: False)


def number_alone_ties() -> None:
    """Neither birth date nor given name is held against a submission's number."""
    tie = tying.tie

    def hasty(matches: Any, *told: Any) -> Any:
        return tie([replace(one, born=True) for one in matches], *told)

    put(submissions, "tie", hasty)
    put(tying, "shares_first", lambda *_: True)


def newest_comes_last() -> None:
    """Of two versions, the one that arrived later is in force."""
    put(Answer, "newer_than", lambda self, other: self.received_at > other.received_at)


def new_prints_wash() -> None:
    """What waits for a person does not keep newer prints from clearing."""
    pair = deciding._clearing_pair

    def blind(replies: Any, *told: Any, **before: Any) -> Any:
        return pair([one for one in replies if not one.causes and not one.refused], *told, **before)

    put(deciding, "_clearing_pair", blind)


def clear_for_ever() -> None:
    """No clearance runs out."""
    put(deciding, "last_day", lambda *_: date.max)
    put(Standing, "as_of", lambda self, *_: self)


def undone_whatever_rests() -> None:
    """A batch is undone though something rests on it."""
    put(undoing, "_RESTS", text("SELECT CAST(:batch_id AS uuid) IS NULL"))


def decided_or_not() -> None:
    """A batch is undone though an adjudicator decided on it, or a clearance with another's answer was said."""
    put(undoing, "_CONCERNED", text("SELECT '', '', false AS looked, false AS cleared WHERE false"))


def notices_go() -> None:
    """A notice goes with its batch, and everybody sees what follows."""
    put(undoing, "FOR_ADJUDICATORS", frozenset())


def refusal_in_sight() -> None:
    """After "Do not clear" it is forgotten that an earlier clearance ran out."""
    put(deciding, "_pair_before_refusal", lambda *_: None)


def record_in_sight() -> None:
    """In the list of answers that were found, one with a record reads otherwise."""
    hit = searching._hit

    def telling(vault_: Any, row: Any) -> Any:
        key = vault_.open_key(vault.WrappedKey(row.key_id, row.version, row.wrapped))
        said = Evidence.read(vault_.open(key, archive.evidence_place(row.id), row.sealed))
        found = hit(vault_, row)
        return replace(found, readable=False) if found and said.finding is Finding.RECORD else found

    put(searching, "_hit", telling)


def old_keys_serve() -> None:
    """A file may lie under a key that is no more."""
    databases_after("ALTER TABLE IF EXISTS files DROP CONSTRAINT fk_files_key_id_data_keys")


def sealed_as_long_as_it_is() -> None:
    """What is sealed is not filled up, so its length tells of a record."""
    put(vault, "_size", lambda needed, _: needed)


def compartment_in_sight() -> None:
    """What no machine reads goes to staff."""
    place = matching._place

    def open_to_all(*told: Any) -> Any:
        found = place(*told)
        return replace(found, place="unmatched") if found.place == "adjudicator" else found

    put(matching, "_place", open_to_all)


def boundless_bundle() -> None:
    """A bundle may unpack to any size."""
    put(Limits, "checked", lambda *_: None)


def any_role() -> None:
    """Whoever is signed in may open every page."""
    put(Caller, "has", lambda *_: True)


def any_form() -> None:
    """Any site's form is taken for one of our own pages."""
    put(csrf, "is_ours", lambda *_: True)
    put(csrf, "from_our_pages", lambda *_: True)


ALL: Final[dict[str, Callable[[], None]]] = {
    function.__name__: function
    for function in (
        no_fence,
        removed_before_kept,
        taken_again,
        numbers_not_held,
        any_check_digit,
        two_people_named,
        names_say_nothing,
        number_alone_ties,
        newest_comes_last,
        new_prints_wash,
        clear_for_ever,
        undone_whatever_rests,
        decided_or_not,
        notices_go,
        refusal_in_sight,
        record_in_sight,
        old_keys_serve,
        sealed_as_long_as_it_is,
        compartment_in_sight,
        boundless_bundle,
        any_role,
        any_form,
    )
}

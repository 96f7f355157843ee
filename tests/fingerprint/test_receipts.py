"""The number that an educator typed from a receipt."""

import pytest

from services.fingerprint.rules.check import State
from services.fingerprint.rules.receipts import read
from shared.events import Role
from tests.fingerprint.answers import FBI, STATE, an_educator, answer
from tests.fingerprint.conftest import Bench
from tests.fingerprint.site import Site
from tests.visitor import Visitor

LABEL = "Number on your receipt (TCN)"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("MODESE20260000000012", "MODESE20260000000012"),
        (" modese 2026 0000000012 ", "MODESE20260000000012"),
        ("MO-DESE-7", "MO-DESE-7"),
        ("1234567", None),
        ("-1234567", None),
        ("MODESE2026<script>", None),
        ("M" * 41, None),
        ("", None),
    ],
)
def test_the_number_is_read_as_it_stands_on_the_receipt(typed: str, expected: str | None) -> None:
    assert read(typed) == expected


def prepared(site: Site, account: object) -> Visitor:
    person = site.sign_in(Role.EDUCATOR, account_id=account)  # type: ignore[arg-type]
    person.open("/ecs/fingerprints").choose("Work as a substitute teacher")
    return person.choose("I have read and understood this notice").press("Show my code")


async def test_it_is_kept_and_shown_and_moves_no_answer(bench: Bench, site: Site) -> None:
    me = an_educator()
    account = await bench.know(me)
    await bench.take(answer(FBI, tcr="MODESE77"))
    await bench.take(answer(STATE, tcr="MODESE77"))
    person = prepared(site, account).fill(LABEL, "modese 77").press("Save the number")
    assert person.status == 200
    assert "Saved: MODESE77" in person.text
    assert await bench.rows("SELECT educator_id, tcn FROM typed_numbers") == [{"educator_id": me, "tcn": "MODESE77"}]
    assert (await bench.standing(me)).state is State.NOTHING_YET
    assert await bench.rows("SELECT 1 FROM second_looks UNION ALL SELECT 1 FROM due") == []
    assert await bench.one("SELECT subject FROM audit WHERE action = 'receipt.typed'") == f"educator:{me}"


@pytest.mark.parametrize("typed", ["512-34-5678", "512345678", "no number", ""])
async def test_what_is_no_number_is_refused_with_what_to_do(bench: Bench, site: Site, typed: str) -> None:
    person = prepared(site, await bench.know(an_educator())).fill(LABEL, typed).press("Save the number")
    assert person.status == 422
    assert ("nine digits" if "5678" in typed else "8 to 40 letters") in person.text
    assert await bench.rows("SELECT 1 FROM typed_numbers") == []


async def test_the_newest_ten_are_kept(bench: Bench, site: Site) -> None:
    me = an_educator()
    person = prepared(site, await bench.know(me))
    for number in range(12):
        person.fill(LABEL, f"MODESE{number:02d}").press("Save the number")
    person.fill(LABEL, "MODESE11").press("Save the number")
    rows = await bench.rows("SELECT tcn FROM typed_numbers ORDER BY tcn")
    assert [row["tcn"] for row in rows] == [f"MODESE{number:02d}" for number in range(2, 12)]

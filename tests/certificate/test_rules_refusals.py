"""What may not be done: words that say nothing are no reason, no question and no answer, whoever writes them."""

import pytest

from services.certificate.actions.applications import Refused
from services.certificate.rules.deeds import Answer, Ask, Doing, Hold, Note, Pay, Record, Return, Review, Settle
from tests.certificate.conftest import Bench, professional, substitute

UNSEEN = "\u200b \u2060.\u00ad"
BY_STAFF: list[Doing] = [
    Record("transcript", "seen", UNSEEN, 36),
    Record("transcript", "not_accepted", "By mail", None, UNSEEN),
    Pay(50, UNSEEN),
    Ask(("other",), UNSEEN),
    Review(True, UNSEEN),
    Hold(UNSEEN),
    Note(UNSEEN),
]


@pytest.mark.parametrize("doing", BY_STAFF, ids=lambda one: one.deed)
async def test_what_staff_write_has_words(bench: Bench, doing: Doing) -> None:
    found = await bench.submit("substitute", substitute(conduct={"charged": "In 2019."}))
    with pytest.raises(Refused) as refused:
        await bench.act(found, bench.analyst, doing)
    assert str(refused.value.sentence).startswith("Write ")


async def test_an_answer_has_words_whoever_writes_it(bench: Bench) -> None:
    found = await bench.submit("substitute", substitute())
    await bench.act(found, bench.analyst, Ask(("other",), "Which college?"))
    for who, doing in ((bench.robin, Answer(UNSEEN)), (bench.analyst, Settle(UNSEEN))):
        with pytest.raises(Refused):
            await bench.act(found, who, doing)
    assert (await bench.find(found)).case.version == 2


async def test_a_return_has_a_reason_that_can_be_read(bench: Bench) -> None:
    found = await bench.submit("ipc", professional())
    with pytest.raises(Refused):
        await bench.act(found, bench.official, Return(UNSEEN))


async def test_a_form_whose_explanation_says_nothing_is_not_complete(bench: Bench) -> None:
    with pytest.raises(Refused):
        await bench.submit("substitute", substitute(conduct={"charged": UNSEEN}))

"""A letter as a mail reader shows it, in a real browser. Needs no running system."""

from services.notifier.letters import rendering
from tests.browser.conftest import NewPage

# How many lines the word is parted into, and whether all stays inside the window.
_LOOK = """(word) => {
    const cell = [...document.querySelectorAll('td')].find(e => e.textContent.includes(word));
    const range = document.createRange();
    const start = cell.textContent.indexOf(word);
    range.setStart(cell.firstChild, start);
    range.setEnd(cell.firstChild, start + word.length);
    const page = document.documentElement;
    return [range.getClientRects().length, page.scrollWidth <= page.clientWidth];
}"""


async def test_on_a_phone_no_word_is_parted_beside_a_long_label_and_nothing_sticks_out(new_page: NewPage) -> None:
    rows = [
        ("Certificate", "Initial Professional"),
        ("Application number", "A100013"),
        ("Everything it needs is due by", "February 27, 2027"),
    ]
    body = [{"kind": "facts", "rows": rows}, {"kind": "facts", "rows": [("Use this username", "a" * 64)]}]
    page = await new_page(320)
    await page.set_content(rendering.as_html("Your application was received", body, "en"))
    assert await page.evaluate(_LOOK, "Professional") == [1, True]

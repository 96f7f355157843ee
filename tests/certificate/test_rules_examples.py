"""The examples of certification staff hold, and none says anything that nobody understands."""

from datetime import date

import pytest

from tests.certificate.stories import FOLDER, Example, read, run
from tests.certificate.story import NotUnderstood

EXAMPLES = [(path.stem, one) for path in sorted(FOLDER.glob("*.yaml")) for one in read(path)]


@pytest.mark.parametrize(
    "example", [one for _, one in EXAMPLES], ids=[f"{file}: {one.title}" for file, one in EXAMPLES]
)
def test_example(example: Example) -> None:
    run(example)


def test_both_classes_have_their_examples() -> None:
    assert len(EXAMPLES) >= 40
    assert {file for file, _ in EXAMPLES} == {"substitute", "ipc"}
    titles = [one.title for _, one in EXAMPLES]
    assert len(titles) == len(set(titles))


@pytest.mark.parametrize("words", ["applies for a driver's license", "applies for the substitute certificate by luck"])
def test_what_nobody_understands_fails(words: str) -> None:
    with pytest.raises(NotUnderstood):
        run(Example("Not understood", ((date(2026, 8, 3), words),), date(2026, 8, 3), ("ready",)))
    day = (date(2026, 8, 3), "applies for the substitute certificate by hours")
    with pytest.raises(NotUnderstood):
        run(Example("Not understood", (day,), date(2026, 8, 3), ("ready, I hope",)))
    with pytest.raises(AssertionError):
        run(Example("Wrong", (day,), date(2026, 8, 3), ("ready",)))

"""A class more is a file more: it is applied for, decided and issued without a line of code."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from services.certificate import regulations
from services.certificate.actions.applications import Office, Refused
from services.certificate.rules.case import Submission
from services.certificate.rules.classes import MISSOURI, rulebook
from services.certificate.rules.deeds import Issue, Pay, Recommend, Record
from services.certificate.rules.standing import State
from shared.events import CertificateIssued, FingerprintCleared
from tests.certificate.conftest import DAY, SIGNED, Bench, days

FORM = Submission("", None, "", ("physics.9-12",), {}, {"sworn": SIGNED["sworn"]})


@pytest.fixture
def visiting(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """The department's policy with a file more."""
    folder = tmp_path / "policy"
    shutil.copytree(MISSOURI, folder)
    shutil.copy(Path(__file__).with_name("visiting_scholar.yaml"), folder)
    book = rulebook(folder)
    monkeypatch.setattr(regulations, "BOOK", book)
    bench.office = Office(book, bench.office.keys)
    return bench


async def test_a_class_that_only_policy_knows_goes_from_application_to_certificate(visiting: Bench) -> None:
    found = await visiting.submit("visiting-scholar", FORM)
    assert [need.code for need in found.standing.unmet] == ["partnership", "experience", "clearance", "fee"]
    with pytest.raises(Refused):
        await visiting.act(found, visiting.official, Recommend("bachelor", date(2026, 5, 15)))
    await visiting.act(found, visiting.analyst, Record("partnership", "seen", "Agreement, by mail"))
    await visiting.act(found, visiting.analyst, Record("experience", "seen", "Letter, by mail", 4))
    await visiting.act(found, visiting.analyst, Pay(20, "check 1001"))
    await visiting.hear(FingerprintCleared, purpose="2300", cleared_on=DAY, valid_until=date(2027, 8, 3))
    with pytest.raises(Refused) as caught:
        await visiting.act(found, visiting.analyst, Issue())
    assert "It shows 4 years; 5 are needed." in str(caught.value.sentence)
    await visiting.act(found, visiting.analyst, Record("experience", "seen", "Letter, by mail", 5))
    assert (await visiting.find(found)).standing.state is State.READY
    over = (await visiting.find(found, date(2027, 2, 4))).standing
    assert [need.code for need in over.unmet] == ["clearance"], "six months by its own rule"
    await visiting.act(found, visiting.analyst, Issue(), DAY + days(1))
    issued = [fact for fact in await visiting.said() if isinstance(fact, CertificateIssued)]
    assert [(one.classification, one.areas, one.effective_on, one.expires_on) for one in issued] == [
        ("Visiting Scholar", ("Physics, grades 9 to 12",), date(2026, 8, 4), date(2027, 8, 4))
    ]


async def test_a_requirement_that_ends_is_not_asked_of_later_applications(visiting: Bench) -> None:
    found = await visiting.submit("visiting-scholar", FORM, date(2027, 1, 1))
    assert "experience" not in [need.code for need in found.standing.requirements]

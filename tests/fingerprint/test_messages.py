"""What a transaction means, and which ones lack what their kind must have."""

from datetime import UTC, date, datetime

import pytest

from services.fingerprint.ebts import Limits, Unreadable, write
from services.fingerprint.messages import Finding, Kind, understand
from tests.fingerprint.answers import answer, image_of_type_4, notice
from tests.fingerprint.promises import CORPUS

HEADER = {4: "SRE", 5: "20260901", 7: "MO920000Z", 8: "WVIAFIS0Z", 9: "T1"}
SAMPLES = {
    "sre_fbi_no_record": (Kind.ANSWER, Finding.NO_RECORD),
    "sre_state_no_record": (Kind.ANSWER, Finding.NO_RECORD),
    "sre_fbi_identification": (Kind.ANSWER, Finding.RECORD),
    "sre_utf8_declared": (Kind.ANSWER, Finding.NO_RECORD),
    "sre_latin1_declared": (Kind.ANSWER, Finding.NO_RECORD),
    "sre_latin1_undeclared": (Kind.ANSWER, Finding.NO_RECORD),
    "errt_l0008": (Kind.UNREADABLE, None),
    "rbn": (Kind.NOTICE, None),
    "nfuf_type4": (Kind.SUBMISSION, None),
    "nfuf_type14": (Kind.SUBMISSION, None),
    "nfuf_mixed_images": (Kind.SUBMISSION, None),
}


def submission(more: dict[int, str]) -> bytes:
    """A copy of a submission without images."""
    text = {5: "N", 18: "TESTER,JANE Q", 20: "MO", 22: "19900102", 24: "F", 25: "W", 32: "BRO", 37: "SCHOOL EMPLOYEE"}
    header = {4: "NFUF", 5: "20260829", 7: "WVIAFIS0Z", 8: "MO920000Z", 9: "M1"}
    return write(header, [text | {38: "20260829", 73: "MO920000Z"} | more])


def test_an_answer_is_read_with_its_types() -> None:
    message = understand(answer(oca="2301-04172298", found="I", rap_sheet="A RECORD"))
    assert message.kind is Kind.ANSWER
    assert message.finding is Finding.RECORD
    assert (message.dated, message.stamped) == (date(2026, 9, 1), datetime(2026, 9, 1, 14, 5, 1, tzinfo=UTC))
    assert (message.oca, message.name, message.rap_sheet) == ("2301-04172298", "RIVERA,JORDAN", "A RECORD")


@pytest.mark.parametrize("letter", ["X", "n", "i", "Z"])
def test_any_other_letter_is_an_exception_for_a_person(letter: str) -> None:
    assert understand(answer(found=letter)).finding is Finding.EXCEPTION


def test_no_record_with_a_rap_sheet_is_an_exception() -> None:
    assert understand(answer(found="N", rap_sheet="BUT HERE IS ONE")).finding is Finding.EXCEPTION


def test_an_unreadable_answer_gives_its_reject_codes() -> None:
    message = understand(answer(kind="ERRT", note="L0008 - Too low.\x1eL0118 and L0008 again"))
    assert (message.kind, message.reject_codes, message.finding) == (Kind.UNREADABLE, ("L0008", "L0118"), None)
    assert message.name == ""


def test_a_notice_names_its_subscriber() -> None:
    message = understand(notice("04172327"))
    assert (message.kind, message.subscriber) == (Kind.NOTICE, "04172327")


def test_a_notice_says_which_subscription_it_is_of() -> None:
    found = understand(notice("04172327")).notice
    assert found is not None
    assert (found.number, found.subscription, found.expires_on) == ("N1", "S1", date(2031, 9, 1))
    assert found.born_on == date(1990, 1, 2)


def test_a_submission_says_whose_prints_were_taken_and_why() -> None:
    message = understand(submission({16: "123456789\x1e987654321"}))
    found = message.submission
    assert message.kind is Kind.SUBMISSION
    assert (message.origin, message.destination) == ("MO920000Z", "WVIAFIS0Z")
    assert found is not None
    assert (found.ssns, found.born_on) == (("123456789", "987654321"), date(1990, 1, 2))
    assert (found.reason, found.printed_on, found.retained) == ("SCHOOL EMPLOYEE", date(2026, 8, 29), False)


@pytest.mark.parametrize("ssn", ["", "000000000"])
def test_a_submission_may_have_no_number_of_a_person(ssn: str) -> None:
    found = understand(submission({16: ssn, 5: "Y", 22: "00000000"})).submission
    assert found is not None
    assert (found.ssns, found.born_on, found.retained) == ((), None, True)


@pytest.mark.parametrize(
    ("more", "field"),
    [({16: "12345678"}, "2.016"), ({38: "20260230"}, "2.038"), ({22: "1990"}, "2.022")],
)
def test_a_submission_with_what_cannot_be_is_refused(more: dict[int, str], field: str) -> None:
    with pytest.raises(Unreadable) as refused:
        understand(submission(more))
    assert (refused.value.code, refused.value.field) == ("value", field)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("SRE", ["2.018", "2.059", "2.073"]),
        ("ERRT", ["2.060"]),
        ("RBN", ["2.014", "2.018", "2.022", "2.073", "2.2015", "2.2041", "2.2048"]),
        ("NFUF", [f"2.{number:03d}" for number in (5, 18, 20, 22, 24, 25, 32, 37, 38, 73)]),
        ("RBSCVL", []),
    ],
)
def test_everything_that_a_kind_must_have_and_has_not_is_said(kind: str, fields: list[str]) -> None:
    empty = write(HEADER | {4: kind}, [{}])
    if not fields:
        assert understand(empty).kind is Kind.OTHER
        return
    with pytest.raises(Unreadable) as refused:
        understand(empty)
    assert sorted((error.code, error.field) for error in refused.value.errors) == [("missing", one) for one in fields]


def test_what_is_wrong_with_the_file_and_with_what_it_says_is_said_together() -> None:
    damaged = answer(oca="04172298").replace(b"1.002:0500", b"1.002:0900").replace(b"1.005:2026", b"1.005:2O26")
    damaged = damaged.replace(b"2.059:N", b"2.059:7")
    with pytest.raises(Unreadable) as refused:
        understand(damaged + b"x")
    assert [(error.code, error.field) for error in refused.value.errors] == [
        ("version", "1.002"),
        ("value", "1.005"),
        ("value", "2.059"),
        ("trailing", ""),
    ]


@pytest.mark.parametrize("texts", [0, 1, 2])
def test_an_unknown_type_is_kept_for_people_whatever_it_holds(texts: int) -> None:
    message = understand(write(HEADER | {4: "RBSCVL", 8: "DE/BKA"}, [{9: "04172298", 59: "?"}] * texts))
    assert (message.kind, message.type_of_transaction) == (Kind.OTHER, "RBSCVL")
    assert (message.finding, message.notice, message.submission) == (None, None, None)


def test_a_message_shows_nothing_of_a_person_when_it_is_printed() -> None:
    shown = repr(understand(answer(found="I", rap_sheet="SECRET"))) + repr(understand(submission({16: "123456789"})))
    for secret in ("RIVERA", "SECRET", "RECORD", "123456789", "1990", "TESTER"):
        assert secret not in shown


def test_the_samples_are_understood() -> None:
    found = {path.stem: understand(path.read_bytes()) for path in CORPUS.iterdir() if path.stem in SAMPLES}
    assert {stem: (message.kind, message.finding) for stem, message in found.items()} == SAMPLES
    assert found["errt_l0008"].reject_codes == ("L0008",)
    assert found["rbn"].subscriber == "04172327"
    assert found["sre_fbi_no_record"].tcr == found["sre_state_no_record"].tcr == "MODESE20260000000007"
    assert len(found["sre_fbi_identification"].rap_sheet.splitlines()) == 22
    assert {message.name for message in found.values()} == {"TESTER,JANE Q", "MUÑOZ,ZOË", ""}


def test_an_image_is_no_reason_to_refuse_a_submission() -> None:
    assert understand(image_of_type_4()).kind is Kind.SUBMISSION


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ((b"2.059:N", b"2.059: "), "missing", "2.059"),
        ((b"2.059:N", b"2.059:7"), "value", "2.059"),
        ((b"2.018:RIVERA,JORDAN", b"2.018:             "), "missing", "2.018"),
        ((b"1.005:20260901", b"1.005:20260931"), "value", "1.005"),
        ((b"1.014:20260901140501Z", b"1.014:20260901250501Z"), "value", "1.014"),
        ((b"1.008:WVIAFIS0Z", b"1.008:wviafis0z"), "value", "1.008"),
        ((b"1.004:SRE", b"1.004:sre"), "value", "1.004"),
        ((b"1.005:20260901", b"1.005:99991231"), "value", "1.005"),
        ((b"1.010:MODESE", b"1.010:MOD\0SE"), "value", "1.010"),
        ((b"1.007:MO920000Z", b"1.007:MO92\x00000Z"), "value", "1.007"),
        ((b"1.004:SRE", b"1.004:   "), "missing", "1.004"),
    ],
)
def test_what_a_kind_must_have_is_asked_for(change: tuple[bytes, bytes], code: str, field: str) -> None:
    content = answer(oca="04172298")
    assert change[0] in content
    with pytest.raises(Unreadable) as refused:
        understand(content.replace(*change))
    assert (refused.value.code, refused.value.field) == (code, field)
    assert refused.value.offset > 0


def test_an_answer_is_bounded_more_tightly_than_a_submission() -> None:
    limits = Limits(answer=200, submission=100_000)
    with pytest.raises(Unreadable, match="larger"):
        understand(answer(), limits)
    assert understand(image_of_type_4(), limits).kind is Kind.SUBMISSION


def test_two_texts_in_one_answer_are_refused() -> None:
    with pytest.raises(Unreadable) as refused:
        understand(write({4: "SRE", 5: "20260901", 8: "WVIAFIS0Z", 9: "T1"}, [{}, {}]))
    assert refused.value.code == "count"

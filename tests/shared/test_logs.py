"""Logs are JSON lines that hold nothing of what somebody typed."""

import asyncio
import json
import logging
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared import traces
from shared.logs import JsonLines, Seldom, described


def line(message: str, **more: Any) -> dict[str, object]:
    record = logging.getLogger("some.module").makeRecord(
        "some.module", logging.WARNING, "file.py", 1, message, (), more.pop("exc_info", None), extra=more
    )
    told: dict[str, object] = json.loads(JsonLines("educator").format(record))
    return told


def test_a_line_says_when_where_and_what() -> None:
    told = line("a batch is held", seconds=3)
    assert (told["level"], told["service"], told["logger"]) == ("warning", "educator", "some.module")
    assert (told["message"], told["seconds"]) == ("a batch is held", 3)


def test_an_exception_is_written_without_its_text() -> None:
    try:
        try:
            TypeAdapter(int).validate_json('"123-45-6789"')
        except ValidationError as refused:
            raise LookupError("no 123-45-6789") from refused
    except LookupError as error:
        written = json.dumps(line("it failed", exc_info=(type(error), error, error.__traceback__)))
    assert "123-45-6789" not in written
    assert "LookupError" in written
    assert "ValidationError" in written
    assert "test_logs.py" in written


async def test_a_task_that_fails_unseen_is_written_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    async def fails() -> None:
        raise LookupError("no 123-45-6789")

    loop = asyncio.get_running_loop()
    task = loop.create_task(fails())
    await asyncio.wait([task])
    loop.call_exception_handler({"message": "nobody asked", "exception": task.exception(), "future": task})
    [record] = caplog.records
    written = JsonLines("educator").format(record)
    assert "123-45-6789" not in written
    assert json.loads(written)["message"] == "nobody asked"
    assert "LookupError" in written


def test_a_line_within_a_span_has_the_trace() -> None:
    traces.configure("educator")
    with traces.span("work"):
        told = line("x")
        assert traces.current() is not None
        assert told["trace_id"] == str(traces.current()).split("-")[1]


def test_groups_are_described_one_by_one() -> None:
    told = described(ExceptionGroup("two", [ValueError("a"), KeyError("b")]))
    assert [one["type"] for one in told["within"]] == ["builtins.ValueError", "builtins.KeyError"]


def test_a_library_that_repeats_itself_is_heard_once() -> None:
    seldom = Seldom("aiokafka")

    def says(name: str) -> bool:
        return seldom.filter(logging.makeLogRecord({"name": name, "msg": "Unable to connect to %s"}))

    assert [says("aiokafka.conn"), says("aiokafka.conn"), says("shared.relay"), says("shared.relay")] == [
        True,
        False,
        True,
        True,
    ]


@pytest.mark.parametrize(
    "header",
    [None, "", "00-0-0-00", "00-" + "0" * 32 + "-" + "0" * 16 + "-01", "01-" + "a" * 32 + "-" + "b" * 16 + "-01",
     "00-" + "g" * 32 + "-" + "b" * 16 + "-01", "é" * 55],
)  # fmt: skip
def test_a_trace_that_cannot_be_read_is_none(header: str | None) -> None:
    assert traces.parse(header) is None


def test_a_trace_goes_on_where_it_came_from() -> None:
    sent = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
    traces.configure("educator")
    with traces.span("work", parent=sent):
        assert str(traces.current()).split("-")[1] == "a" * 32

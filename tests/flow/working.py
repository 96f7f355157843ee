"""What analysts and officials do with an application, page by page, as functions that a test strings together."""

import re

from tests.visitor import Visitor


def number(visitor: Visitor) -> str:
    """The application number that this page tells."""
    found = re.search(r"\bA\d{6}(?!\d)", visitor.text)
    assert found, visitor.text
    return found[0]


def find(analyst: Visitor, application: str) -> Visitor:
    """From the queue to one application, by its number."""
    return analyst.open("/staff/queue").fill("Search", application).press("Show").follow(application)


def see(analyst: Visitor, document: str, amount: str = "") -> Visitor:
    """Record a document as seen, with what is counted on it."""
    analyst.fill("Document", document).choose("Seen").fill("On what", "Official copy, by post")
    if amount:
        analyst.fill("How much it shows", amount)
    return analyst.press("Record")


def take_fee(analyst: Visitor, dollars: str) -> Visitor:
    """Record that the fee came."""
    return analyst.fill("Amount in dollars", dollars).fill("How it came", "Check 1001").press("Record the fee")


def issue(analyst: Visitor) -> Visitor:
    """Issue the certificate."""
    return analyst.follow("Issue").press("Issue the certificate")


def recommend(official: Visitor, application: str) -> Visitor:
    """From the work log to a recommendation."""
    official.open("/program/worklog").follow(application)
    official.fill("Month", "May").fill("Day", "15").fill("Year", "2026")
    return official.press("Recommend")


def give_back(official: Visitor, application: str, reason: str) -> Visitor:
    """From the work log to a return."""
    return official.open("/program/worklog").follow(application).fill("Why you return it", reason).press("Return")

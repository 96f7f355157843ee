"""The README's map is what the code says."""

import pytest

from docs import map as readme_map


def test_the_readme_shows_todays_map() -> None:
    readme = readme_map.README.read_text()
    assert readme == readme_map.renewed(readme), "run 'make map'"


def test_every_service_has_a_card_that_says_what_it_is_for() -> None:
    for service in readme_map.SERVICES:
        assert readme_map.purpose(service).endswith("."), service


def test_every_fact_has_a_row_and_every_service_hears_or_says_something() -> None:
    drawn = readme_map.drawn()
    for service in readme_map.SERVICES:
        facts = (*readme_map.hears(service), *readme_map.says(service))
        assert facts, service
        assert all(fact.topic in drawn for fact in facts)


def test_a_readme_without_the_marks_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="put both back"):
        readme_map.renewed("# nothing")

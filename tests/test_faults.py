"""Every fault is met by a test that carries its number, and the page says which."""

import pytest

from .faults import FIRST, LAST, PAGE, faults, page
from .faults import tests as numbered


def test_every_number_stands_in_the_catalogue_once() -> None:
    numbers = [number for fault in faults() for number in fault.numbers]

    assert numbers == list(range(FIRST, LAST + 1))


def test_every_fault_is_met_by_a_test_or_says_why_not() -> None:
    met = {number for test in numbered() for number in test.numbers}

    for fault in faults():
        for number in fault.numbers:
            assert (number in met) != bool(fault.why), fault.name


def test_no_test_carries_a_number_that_is_none() -> None:
    assert all(FIRST <= number <= LAST for test in numbered() for number in test.numbers)


def test_the_page_of_faults_is_the_one_that_is_made(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-snapshots"):
        PAGE.write_text(page(), encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == page(), "`make faults` renews it"

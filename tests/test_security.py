"""What SECURITY.md claims is shown by tests that are there."""

import re
from pathlib import Path

HOUSE = Path(__file__).parents[1]
PAGE = (HOUSE / "SECURITY.md").read_text(encoding="utf-8")


def test_every_test_that_a_claim_names_is_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)

    assert len(named) > 30
    for path, test in named:
        assert re.search(rf"^(?:async )?def {test}\(", (HOUSE / path).read_text(), re.M), test


def test_no_claim_goes_without_a_test() -> None:
    for table in PAGE.split("| they cannot | shown by |\n")[1:]:
        for row in table.split("\n\n")[0].splitlines()[1:]:
            assert "`tests/" in row.rpartition(" | ")[2], row


def test_every_fault_of_security_has_its_number_in_a_test() -> None:
    from .faults import tests

    assert set(range(94, 113)) <= {number for each in tests() for number in each.numbers}

"""An audit passes only where every package was looked up and nothing is known against any."""

from typing import Any

import pytest

from .verdict import Outcome, code, of_node, of_python

FINE: dict[str, Any] = {"name": "anyio", "version": "4.16.0", "vulns": []}
HOLE: dict[str, Any] = {
    "name": "jinja2",
    "version": "3.1.0",
    "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["3.1.6"], "aliases": [], "description": ""}],
}
SKIPPED: dict[str, Any] = {"name": "certifi", "skip_reason": "Dependency not found on PyPI"}
REFUSED = "a traceback\nrequests.exceptions.ConnectionError: api.example does not answer\n"


@pytest.mark.parametrize(
    ("report", "outcome", "told"),
    [
        ({"dependencies": [FINE]}, Outcome.FINE, ()),
        (
            {"dependencies": [FINE, HOLE]},
            Outcome.HOLES,
            ("jinja2 3.1.0: PYSEC-2026-1, mended in 3.1.6",),
        ),
        (
            {"dependencies": [FINE, SKIPPED]},
            Outcome.UNKNOWN,
            ("1 of 2 could not be looked up; the first: Dependency not found on PyPI",),
        ),
        ({"dependencies": [SKIPPED, HOLE]}, Outcome.HOLES, None),
        ({"dependencies": []}, Outcome.UNKNOWN, None),
        (None, Outcome.UNKNOWN, (REFUSED.splitlines()[-1],)),
    ],
)
def test_what_was_not_looked_up_is_not_taken_for_sound(
    report: Any, outcome: Outcome, told: tuple[str, ...] | None
) -> None:
    verdict = of_python("requirements.lock", report, REFUSED)

    assert verdict.outcome is outcome
    assert told is None or verdict.lines == told


@pytest.mark.parametrize(
    ("report", "outcome"),
    [
        ({"vulnerabilities": {}, "metadata": {"dependencies": {"total": 7}}}, Outcome.FINE),
        (
            {
                "vulnerabilities": {"ws": {"severity": "high", "range": "<8"}},
                "metadata": {"dependencies": {"total": 7}},
            },
            Outcome.HOLES,
        ),
        ({"message": "audit endpoint returned an error", "error": {}}, Outcome.UNKNOWN),
        (None, Outcome.UNKNOWN),
    ],
)
def test_what_node_reports_is_judged_alike(report: Any, outcome: Outcome) -> None:
    assert of_node("package-lock.json", report, "").outcome is outcome


def test_a_hole_weighs_more_than_what_nobody_knows() -> None:
    fine, hole, unknown = (
        of_python("a.lock", {"dependencies": each}, "") for each in ([FINE], [HOLE], [SKIPPED])
    )

    assert code([fine], where_reachable=False) == 0
    assert code([fine, unknown], where_reachable=False) == 2
    assert code([fine, unknown], where_reachable=True) == 0
    assert code([unknown, hole], where_reachable=True) == 1

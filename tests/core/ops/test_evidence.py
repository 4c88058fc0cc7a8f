"""Evidence is dated by its name, and old or missing evidence is said aloud."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodian_core.errors import BadValue
from custodian_core.ops.evidence import path_of, pieces, read_piece, spell, standings

TODAY = date(2026, 5, 9)


def test_the_day_is_told_by_the_name() -> None:
    good, findings = pieces(
        [
            "evidence/holdout/2026-05-08.json",
            "evidence/engagement/2026-05-09-beta.json",
            "evidence/engagement/.gitkeep",
            "evidence/engagement/latest.json",
            "evidence/engagement/2026-13-01.json",
            "evidence/engagement/notes.md",
            "knowledge/x.json",
        ]
    )

    assert [(each.domain, each.day.isoformat()) for each in good] == [
        ("holdout", "2026-05-08"),
        ("engagement", "2026-05-09"),
    ]
    assert [(each.code, each.path) for each in findings] == [
        ("EV02", "evidence/engagement/2026-13-01.json"),
        ("EV02", "evidence/engagement/latest.json"),
    ]


def test_a_domain_is_fresh_old_or_without_evidence() -> None:
    good, _ = pieces(
        [
            "evidence/engagement/2026-05-07.json",
            "evidence/engagement/2026-05-01.json",
            "evidence/holdout/2026-05-01.json",
            "evidence/funnel/2026-05-02.json",
        ]
    )
    told = {each.domain: each for each in standings(good, TODAY)}

    assert list(told) == ["engagement", "red-team", "holdout", "evolution", "user-test", "funnel"]
    assert (told["engagement"].age_days, told["engagement"].is_old) == (2, False)
    assert (told["holdout"].age_days, told["holdout"].is_old) == (8, True)
    assert (told["red-team"].age_days, told["red-team"].is_old) == (None, None)
    findings = [each.finding() for each in told.values()]
    assert [finding and finding.code for finding in findings] == [
        None,
        "EV03",
        "EV01",
        "EV03",
        "EV03",
        None,
    ]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"{", "is no JSON"),
        (b"[]", "holds no JSON object"),
        (b"\xff", "is no JSON"),
        (b"[" * 90_000, "is no JSON"),
        (b"{" + b" " * 2_000_000, "is larger"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(data: bytes, why: str) -> None:
    assert str(read_piece(data)).startswith(why)


@pytest.mark.parametrize(
    ("domain", "name"), [("../x", ""), ("a/b", ""), ("", ""), ("a", "../b"), ("a", "b c")]
)
def test_no_name_leads_out_of_the_folder(domain: str, name: str) -> None:
    with pytest.raises(BadValue):
        path_of(domain, TODAY, name)


@given(st.dictionaries(st.text(max_size=5), st.one_of(st.integers(), st.text(), st.none())))
def test_what_is_written_reads_back(told: dict[str, object]) -> None:
    path = path_of("holdout", TODAY, "nightly")

    assert read_piece(spell(told)) == json.loads(json.dumps(told))
    assert [piece.path for piece in pieces([path])[0]] == [path]


def test_what_other_readers_cannot_read_is_not_written() -> None:
    for told in ({"rate": float("nan")}, {"x": "\ud800"}, {"x": "y" * 2_000_000}):
        with pytest.raises(BadValue):
            spell(told)

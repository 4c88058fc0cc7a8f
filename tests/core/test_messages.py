from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from custodian_core.messages import message
from custodian_core.plan import Edit
from custodian_core.status import Status

DAY = date(2026, 4, 21)


def test_statuses_that_were_written_are_named_with_run_and_hub() -> None:
    edits = [
        Edit("workplans/x.md", "X-T01", "X-T01", old=Status.TODO, new=Status.DONE),
        Edit("workplans/x.md", None, "X", new=Status.IN_PROGRESS),
        Edit("workplans/x.md", "X-T02", "X-T02", link=True),
    ]

    assert message(edits, "r1", "h1", DAY) == (
        "chore(consistency): sync task status from DB [auto]\n"
        "\n"
        "Updated by fix-consistency on 2026-04-21:\n"
        "- X-T01: todo → done\n"
        "- X: unset → in_progress\n"
        "- X-T02: linked\n"
        "\n"
        "Custodian-Sync: r1\n"
        "Custodian-Hub: h1\n"
    )


def test_links_alone_are_called_links() -> None:
    text = message([Edit("x.md", None, "X", link=True)], "r1", "h1", DAY)

    assert text.startswith("chore(consistency): link workplans to DB [auto]\n\nUpdated")
    assert "- X: linked\n\n" in text


def test_a_brief_alone_is_called_a_brief() -> None:
    text = message([], "r1", "h1", DAY)

    assert text.startswith("chore(consistency): update the brief from DB [auto]\n\nUpdated")
    assert "- .custodian-brief.md\n\n" in text


@given(st.text(), st.text(), st.text())
def test_nothing_foreign_begins_a_line_or_adds_one(key: str, run: str, hub: str) -> None:
    rows = message([Edit("x.md", key, key, link=True)], run, hub, DAY).split("\n")

    assert len(rows) == 8
    assert [row for row in rows if row.startswith("Custodian-")] == rows[5:7]
    assert all(row.isprintable() for row in rows)

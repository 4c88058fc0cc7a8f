"""Evidence as files, and engagement out of logs that were rotated and packed."""

import gzip
import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from custodian_core.errors import BadValue, CustodianError, FileTrouble
from custodian_tools.ops import evidence
from custodian_tools.ops.defects import defects
from tests.core.ops.test_engagement import END, row

from .conftest import NOW, Ops

TODAY = NOW.date()


def test_evidence_is_written_sealed_and_read_back(empty: Ops) -> None:
    written = evidence.write(empty.bench, empty.target, "holdout", {"rate": 0.93}, name="nightly")
    newest = evidence.latest(empty.target, "holdout", TODAY)

    assert (written.pushed, written.changed) == (
        True,
        ("evidence/holdout/2026-05-09-nightly.json",),
    )
    assert (newest.age_days, newest.told) == (0, {"rate": 0.93})
    again = evidence.write(empty.bench, empty.target, "holdout", {"rate": 0.93}, name="nightly")
    assert again.status == "noop"


def test_old_and_missing_evidence_is_told(empty: Ops) -> None:
    empty.commit({"evidence/holdout/2026-04-01.json": "{}", "evidence/holdout/x.json": "{}"})
    stock = evidence.stock(empty.target, TODAY)

    assert {finding.code for finding in stock.findings} == {"EV01", "EV02", "EV03"}
    assert [piece.path for piece in stock.pieces] == ["evidence/holdout/2026-04-01.json"]
    assert evidence.stock(empty.target, TODAY, since=date(2026, 5, 1)).pieces == ()
    with pytest.raises(CustodianError, match="near it: holdout"):
        evidence.latest(empty.target, "funnel", TODAY)
    with pytest.raises(CustodianError):
        evidence.stock(empty.target, TODAY, domain="funnel")


def test_evidence_of_a_day_to_come_keeps_no_domain_fresh(empty: Ops) -> None:
    empty.commit(
        {"evidence/holdout/2026-04-01.json": "{}", "evidence/holdout/2062-05-09.json": "{}"}
    )

    stock = evidence.stock(empty.target, TODAY, "holdout")
    assert [(each.age_days, each.is_old) for each in stock.standings] == [(38, True)]
    assert "evidence/holdout/2062-05-09.json" in {
        finding.path for finding in stock.findings if finding.code == "EV02"
    }
    with pytest.raises(BadValue, match="yet to come"):
        evidence.write(empty.bench, empty.target, "holdout", {}, day=date(2062, 5, 9))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log with one that was rotated, one that was packed, and one from long ago."""
    path = tmp_path / "access.log"
    path.write_bytes(row("/new"))
    (tmp_path / "access.log.1").write_bytes(row("/old"))
    (tmp_path / "access.log.2.gz").write_bytes(gzip.compress(row("/packed") * 2))
    (tmp_path / "access-2026-05-02T00.log.gz").write_bytes(gzip.compress(row("/caddy")))
    (tmp_path / "access.log.9").write_bytes(row("/ancient"))
    (tmp_path / "accession.log").write_bytes(row("/other"))
    before = (END - timedelta(days=9)).timestamp()
    os.utime(tmp_path / "access.log.9", (before, before))
    return path


def test_rotated_and_packed_logs_of_the_window_are_read(log: Path) -> None:
    collected = evidence.engagement([log], END)
    report = collected.report

    assert report
    assert (report["source"], report["logs"], report["page_views"]) == ("access.log", 4, 5)
    assert {page["path"] for page in report["top_pages"]} == {"/new", "/old", "/packed", "/caddy"}
    assert collected.not_read == ()


def test_a_rotated_log_that_cannot_be_read_is_told(log: Path) -> None:
    (log.parent / "access.log.3.gz").write_bytes(gzip.compress(row("/x"))[:-9])
    (log.parent / "access.log.4.zst").write_bytes(b"x")
    collected = evidence.engagement([log], END)

    assert [each.partition(":")[0].rpartition("/")[2] for each in collected.not_read] == [
        "access.log.3.gz",
        "access.log.4.zst",
    ]
    assert collected.report
    assert len(collected.report["not_read"]) == 2
    assert [finding.code for finding in evidence.trouble(collected)] == ["EV04", "EV04"]


def test_a_log_is_counted_once_however_often_it_is_named(log: Path) -> None:
    named = [log, log.parent / "access.log.1", log.parent / "." / "access.log", log]

    report = evidence.engagement(named, END).report
    assert report
    assert (report["logs"], report["page_views"]) == (4, 5)


def test_a_log_that_was_rotated_by_day_is_read_and_that_of_another_site_is_not(
    tmp_path: Path,
) -> None:
    log = tmp_path / "site.log"
    log.write_bytes(row("/new"))
    (tmp_path / "site.log-20260501").write_bytes(row("/by-day"))
    (tmp_path / "site.log-20260430.gz").write_bytes(gzip.compress(row("/packed")))
    for other in ("site-admin.log", "site-2.log", "site.log.swp", "site.log.offset", "site2.log"):
        (tmp_path / other).write_bytes(row("/other"))

    report = evidence.engagement([log], END).report
    assert report
    assert {page["path"] for page in report["top_pages"]} == {"/new", "/by-day", "/packed"}


def test_a_rotated_log_of_another_kind_costs_only_itself(log: Path) -> None:
    (log.parent / "access.log.3").write_bytes(b"203.0.113.9 - - GET /\n")
    collected = evidence.engagement([log], END)

    assert "no log of JSON lines" in collected.not_read[0]
    assert collected.report
    assert collected.report["lines"]["read"] == 5


def test_of_a_packed_log_that_is_cut_off_it_is_told_how_much_was_counted(log: Path) -> None:
    whole = gzip.compress(b"".join(row(f"/{page}") for page in range(2000)))
    (log.parent / "access.log.3.gz").write_bytes(whole[: len(whole) // 2])
    collected = evidence.engagement([log], END)

    assert collected.report
    counted = collected.report["lines"]["read"] - 5
    assert counted > 0
    assert f"only its first {counted} lines are counted" in collected.not_read[0]


def test_an_empty_log_makes_no_report_and_a_missing_one_is_an_error(tmp_path: Path) -> None:
    empty = tmp_path / "empty.log"
    empty.touch()

    collected = evidence.engagement([empty], END)
    assert collected.report is None
    assert [finding.code for finding in evidence.trouble(collected)] == ["EV03"]
    with pytest.raises(FileTrouble, match="no such log"):
        evidence.engagement([tmp_path / "nowhere.log"], END)


def test_a_log_of_another_kind_is_an_error_and_a_line_without_end_is_one_line(
    tmp_path: Path,
) -> None:
    log = tmp_path / "x.log"
    log.write_bytes(b"203.0.113.9 - - GET /\n")
    with pytest.raises(BadValue, match="no log of JSON lines"):
        evidence.engagement([log], END)

    log.write_bytes(row() + b"x" * 1_000_000 + b"\n" + row())
    report = evidence.engagement([log], END).report
    assert report
    assert report["lines"]["skipped_why"] == {"too long": 1}
    assert report["page_views"] == 2


def test_defects_are_loud_about_what_is_missing(ops: Ops) -> None:
    told = defects(ops.target)

    assert [(source.path, source.count) for source in told.sources] == [
        ("prerequisites.md", 1),
        ("sprints/", None),
        ("evidence/", None),
        ("vault/pending/", 1),
    ]
    assert [finding.code for finding in told.findings] == ["DF01", "DF01"]
    assert not told.complete


def test_defects_see_the_workplans_of_the_code_repo(ops: Ops) -> None:
    assert [source.path for source in defects(ops.target, ops.target).sources][-1:] == [
        "acme-ops:workplans/"
    ]

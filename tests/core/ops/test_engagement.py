"""Who read what, from logs as they are: rotated, broken, in two families of addresses."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodian_core.errors import BadValue
from custodian_core.ops.engagement import MOST, Engagement, Window, address, referrer

END = datetime(2026, 5, 2, 12, tzinfo=UTC)
WINDOW = Window.last(24, END)


def row(uri: str = "/", **changes: Any) -> bytes:
    """A line of the log; `agent`, `referer`, `ip` and `host` are parts of its request."""
    entry: dict[str, Any] = {
        "ts": (END - timedelta(hours=1)).timestamp(),
        "request": {
            "uri": uri,
            "remote_ip": changes.pop("ip", "203.0.113.9"),
            "host": changes.pop("host", "acme.example"),
            "headers": {
                "User-Agent": [changes.pop("agent", "Mozilla/5.0")],
                "Referer": [changes.pop("referer", "")],
            },
        },
        "status": 200,
        "duration": 0.01,
        **changes,
    }
    return json.dumps(entry).encode() + b"\n"


def told(*rows: bytes) -> dict[str, Any]:
    engagement = Engagement(WINDOW)
    engagement.take(rows)
    report = engagement.report()
    assert report is not None
    return report


def test_a_report_says_what_was_read_and_when() -> None:
    report = told(row("/"), row("/docs"), row("/docs", ip="203.0.113.10"), row("/app.css"))

    assert report["window"] == {"start": "2026-05-01T12:00:00Z", "end": "2026-05-02T12:00:00Z"}
    assert (report["date"], report["period_hours"]) == ("2026-05-02", 24)
    assert (report["total_requests"], report["page_views"]) == (4, 3)
    assert (report["unique_visitors"], report["referred_visitors"]) == (2, 0)
    assert report["top_pages"] == [{"path": "/docs", "views": 2}, {"path": "/", "views": 1}]
    assert report["lines"] == {"read": 4, "outside_window": 0, "skipped": 0, "skipped_why": {}}
    assert "note" not in report


@pytest.mark.parametrize(
    "line",
    [
        b'203.0.113.9 - - [02/May/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12\n',
        b"42\n",
        b'"text"\n',
        b'{"message": "started"}\n',
        b'{"ts": 1777,\n',
        b"[" * 100_000,
    ],
)
def test_a_log_of_another_kind_is_refused_at_its_first_line(line: bytes) -> None:
    with pytest.raises(BadValue, match=r"access\.log: it is no log of JSON lines"):
        Engagement(WINDOW).take([b"\n", line, row()], "access.log")


def test_the_first_line_is_shown_in_part_and_steers_no_terminal() -> None:
    with pytest.raises(BadValue) as caught:
        Engagement(WINDOW).take([b"\x1b[31m" + b"x" * 900])

    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 320


def test_a_log_without_lines_makes_no_report() -> None:
    engagement = Engagement(WINDOW)
    engagement.take([b"\n", b"  \r\n"])

    assert engagement.report() is None


def test_nothing_in_the_window_is_said_aloud() -> None:
    report = told(row(ts=(END - timedelta(days=3)).timestamp()), row(ts=END.timestamp()))

    assert report["lines"]["outside_window"] == 2
    assert report["page_views"] == 0
    assert report["response_time"] == {
        "p50_seconds": None,
        "p95_seconds": None,
        "p99_seconds": None,
    }
    assert "no request" in report["note"]


def test_every_line_that_could_not_be_used_is_counted_with_why() -> None:
    report = told(
        row(),
        b"junk\n",
        b'{"a": 1} trailing\n',
        b"[1, 2]\n",
        row(ts="yesterday"),
        row(ts=True),
        row(ts=float("nan")),
        row(ts=10**400),
        b'{"ts": 1777710000.0, "request": {"uri": 3}}\n',
        b'{"ts": 1777710000.0}\n',
        b"\xff\xfe\n",
        b'{"a": "' + b"x" * 300_000 + b'"}\n',
    )

    assert report["lines"]["skipped_why"] == {
        "no JSON": 3,
        "no address": 2,
        "no object": 1,
        "no time": 4,
        "too long": 1,
    }
    assert (report["lines"]["read"], report["lines"]["skipped"]) == (12, 11)
    assert report["total_requests"] == 1


@pytest.mark.parametrize(
    "ts",
    [
        END.timestamp() - 60,
        int(END.timestamp()) - 60,
        f"{END.timestamp() - 60:.3f}",
        "2026-05-02T11:59:00Z",
        "2026-05-02T13:59:00+02:00",
        "2026-05-02T11:59:00",
    ],
)
def test_time_may_be_a_number_or_iso_text(ts: float | str) -> None:
    assert told(row(ts=ts))["page_views"] == 1


def test_a_window_has_its_start_and_not_its_end() -> None:
    first, last = WINDOW.start.timestamp(), WINDOW.end.timestamp()

    assert told(row(ts=first), row(ts=last))["page_views"] == 1


PAGES: dict[str, tuple[bytes, int]] = {
    "a page": (row("/docs/"), 1),
    "an asset": (row("/app.js"), 0),
    "an asset with a query": (row("/app.js?v=3"), 0),
    "an asset in capitals": (row("/A.PNG#x"), 0),
    "a page named like one": (row("/js"), 1),
    "a page with an end": (row("/a.html"), 1),
    "a query that ends like one": (row("/search?q=a.js"), 1),
    "a redirect": (row("/x", status=301), 1),
    "not there": (row("/x", status=404), 0),
    "a status as text": (row("/x", status="200"), 0),
    "a robot": (row(agent="Googlebot/2.1"), 0),
    "another robot": (row(agent="my-Crawler"), 0),
    "a program": (row(agent="curl/8.5"), 0),
    "no agent": (row(agent=""), 1),
}


@pytest.mark.parametrize(("line", "views"), PAGES.values(), ids=PAGES.keys())
def test_a_page_view_is_a_person_reading_a_page(line: bytes, views: int) -> None:
    assert told(line)["page_views"] == views


def test_a_query_does_not_split_a_page() -> None:
    report = told(row("/a?x=1"), row("/a?x=2"), row("/a#b"))

    assert report["top_pages"] == [{"path": "/a", "views": 3}]


@pytest.mark.parametrize(
    ("said", "host"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:5000", "203.0.113.9"),
        ("2001:DB8::1", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("", ""),
        (None, ""),
    ],
)
def test_an_address_is_told_apart_from_its_port(said: object, host: str) -> None:
    assert address(said) == host


def test_two_visitors_with_six_part_addresses_are_two() -> None:
    report = told(row(ip="2001:db8::1"), row(ip="2001:db8::2"), row(ip="[2001:db8::1]:77"))

    assert report["unique_visitors"] == 2


def test_where_people_came_from_leaves_the_site_itself_out() -> None:
    report = told(
        row(referer="https://x.example/a?b", ip="1"),
        row(referer="https://x.example", ip="1"),
        row(referer="https://www.acme.example/docs", ip="2", host="acme.example:443"),
        row(referer="android-app://news", ip="3"),
        row(referer="nothing", ip="4"),
    )

    assert report["top_referrers"] == [
        {"source": "https://x.example", "visits": 2},
        {"source": "android-app://news", "visits": 1},
    ]
    assert report["referred_visitors"] == 2
    assert referrer("https://user:secret@x.example/", None) == "https://x.example"


def test_headers_may_be_texts_and_may_be_missing() -> None:
    plain = {"ts": "2026-05-02T11:00:00Z", "status": 200, "request": {"uri": "/", "headers": None}}
    texts = {**plain, "request": {"uri": "/", "headers": {"User-Agent": "bot/1"}}}
    report = told(*(json.dumps(each).encode() for each in (plain, texts)))

    assert (report["total_requests"], report["page_views"]) == (2, 1)


def test_response_times_are_told_by_nearest_rank() -> None:
    report = told(*(row(duration=n / 100) for n in range(1, 101)), row(duration="slow"))

    assert report["response_time"] == {"p50_seconds": 0.5, "p95_seconds": 0.95, "p99_seconds": 0.99}


def test_names_without_end_do_not_fill_the_memory() -> None:
    engagement = Engagement(WINDOW)
    engagement.pages.update({f"/{n}": 1 for n in range(MOST)})
    engagement.take([row("/new"), row("/new"), row("/1")])

    assert len(engagement.pages) == MOST + 1
    assert (engagement.pages["/1"], engagement.pages["(others)"]) == (2, 2)


def test_several_logs_are_one_report() -> None:
    engagement = Engagement(WINDOW)
    engagement.take([row("/old", ip="1")], "access.log.1")
    engagement.take([row("/new", ip="1")], "access.log")
    report = engagement.report()

    assert report
    assert (report["page_views"], report["unique_visitors"]) == (2, 1)


JSON: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), st.text(max_size=9)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["ts", "request", "uri", "headers", "status", "User-Agent", "x"]), inner
        ),
    ),
    max_leaves=12,
)


@given(st.lists(st.one_of(st.binary(max_size=40), JSON.map(lambda v: json.dumps(v).encode()))))
def test_any_line_after_the_first_is_counted_or_skipped(lines: list[bytes]) -> None:
    report = told(row(), *lines)
    counted = report["lines"]

    used = report["total_requests"] + counted["outside_window"]
    assert counted["read"] == used + counted["skipped"]
    json.dumps(report, allow_nan=False)

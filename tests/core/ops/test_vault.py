"""Actions, tiers and requests: everything wrong is told at once, and nothing claims its own way."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodian_core.errors import BadValue, Conflict
from custodian_core.ops.actions import (
    MOUNTS,
    SECRETS,
    Action,
    Result,
    read_action,
    read_result,
    same_ids,
    spell,
)
from custodian_core.ops.tiers import TEMPLATE, Policy, Tier, classify, drift, read_policy
from custodian_core.ops.vault import (
    Outcome,
    State,
    action_state,
    moved,
    resolve,
    where_to,
)

GOOD = {
    "id": '"publish-docs-20260502"',
    "formula": '"publish-docs"',
    "context": '"Docs for 1.4 are built; push to the public site"',
    "secrets": '["DEPLOY_KEY"]',
    "timeout_minutes": "20",
}
POLICY = Policy({"publish-docs": Tier.MEDIUM, "triage": Tier.LOW, "release": Tier.HIGH})


def toml(**changes: str | None) -> bytes:
    """The good action with other values, as they are written, or without a field."""
    fields = {**GOOD, **changes}
    return "".join(f"{k} = {v}\n" for k, v in fields.items() if v is not None).encode()


def told(data: bytes, name: str = "publish-docs-20260502.toml") -> list[tuple[str, int | None]]:
    reading = read_action(data, f"vault/actions/{name}", POLICY)
    return [(finding.code, finding.line) for finding in reading.findings]


def test_a_good_action_is_read_whole() -> None:
    reading = read_action(toml(), "vault/actions/publish-docs-20260502.toml", POLICY)

    assert reading.findings == ()
    assert reading.action == Action(
        "publish-docs-20260502",
        "publish-docs",
        "Docs for 1.4 are built; push to the public site",
        ("DEPLOY_KEY",),
        timeout_minutes=20,
    )
    assert reading.verdict.tier is Tier.MEDIUM


# what another validator did with each, measured; and what is right
MEASURED: dict[str, tuple[bytes, list[str]]] = {
    "an unknown tier": (toml(blast_radius='"lowest"'), ["VA02"]),
    "an id that leads away": (toml(id='"../../etc/x"'), ["VA02"]),
    "a formula that leads away": (toml(formula='"../formulas/release"'), ["VA02"]),
    "minutes as text": (toml(timeout_minutes='"30"'), ["VA02"]),
    "no minutes": (toml(timeout_minutes="0"), ["VA02"]),
    "minutes as a truth": (toml(timeout_minutes="true"), ["VA02"]),
    "one key twice": (toml() + b'id = "other"\n', ["VA01"]),
    "single quotes": (toml(context="'Push it'"), []),
    "a comment": (toml(formula='"publish-docs" # the usual'), []),
    "a list on lines": (toml(secrets='[\n  "DEPLOY_KEY",\n  "NPM_TOKEN",\n]'), []),
    "keys inside a table": (toml(secrets=None) + b"[more]\nsecrets = []\n", ["VA03", "VA02"]),
    "text on lines": (toml(context='"""\nTwo\nlines"""'), []),
    "direct from anyone": (toml(dispatch_mode='"direct"'), ["VA06"]),
    "another mode": (toml(dispatch_mode='"now"'), ["VA02"]),
    "a secret that nobody has": (toml(secrets='["ROOT_PASSWORD"]'), ["VA02"]),
    "a secret for a list": (toml(secrets='"DEPLOY_KEY"'), ["VA02"]),
    "no secrets": (toml(secrets="[]"), []),
    "a mount that is none": (toml(mounts='["ssh", "/"]'), ["VA02"]),
    "an empty context": (toml(context='"  "'), ["VA02"]),
    "an empty model": (toml(model='""'), ["VA02"]),
    "tools of numbers": (toml(tools="[1]"), ["VA02"]),
    "an unknown field": (toml(unblocks='["#4"]'), ["VA03"]),
    "another name": (toml(id='"publish-docs"'), ["VA04"]),
    "not TOML": (b"id = \n", ["VA01"]),
    "not UTF-8": (b'id = "\xe9"\n', ["VA01"]),
    "deep brackets": (b"a = " + b"[" * 20_000, ["VA01"]),
    "many digits": (b"a = " + b"9" * 10_000, ["VA01"]),
    "too large": (b"#" * 70_000, ["VA01"]),
    "nothing": (b"", ["VA02"] * 4),
}


@pytest.mark.parametrize(("data", "codes"), MEASURED.values(), ids=MEASURED.keys())
def test_the_validator_is_right_where_another_was_not(data: bytes, codes: list[str]) -> None:
    assert [code for code, _ in told(data)] == codes


def test_everything_that_is_wrong_is_told_at_once_with_its_line() -> None:
    data = toml(id='"A B"', formula="3", timeout_minutes="-1", colour='"red"')

    assert told(data) == [("VA03", 6), ("VA02", 1), ("VA02", 2), ("VA02", 5)]


def test_a_file_of_another_making_is_shown_with_its_reasons() -> None:
    data = b'context = "Bots cannot merge"\nunblocks = ["#765"]\n[action_required]\nwho = "admin"\n'
    reading = read_action(data, "vault/actions/fix-ops-branch-protection-1.toml", POLICY)

    assert (reading.action, reading.context) == (None, "Bots cannot merge")
    assert [finding.message.partition("'")[2].partition("'")[0] for finding in reading.findings][
        :2
    ] == ["unblocks", "action_required"]
    assert action_state(reading, None) is State.INVALID


def test_a_formula_must_exist_where_somebody_looked() -> None:
    path = "vault/actions/publish-docs-20260502.toml"

    assert read_action(toml(), path, POLICY, frozenset({"publish-docs"})).findings == ()
    missing = read_action(toml(), path, POLICY, frozenset({"release"}))
    assert [finding.code for finding in missing.findings] == ["VA08"]


def test_one_id_in_two_files_is_told() -> None:
    one = read_action(toml(), "vault/actions/publish-docs-20260502.toml", POLICY)
    other = read_action(toml(), "vault/pending/publish-docs-20260502.toml", POLICY)

    assert [(each.code, each.path) for each in same_ids([one, other])] == [("VA05", other.path)]


@given(
    st.builds(
        Action,
        id=st.from_regex(r"[a-z0-9][a-z0-9._-]{0,30}", fullmatch=True),
        formula=st.from_regex(r"[a-z0-9][a-z0-9._-]{0,30}", fullmatch=True),
        context=st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip),
        secrets=st.lists(st.sampled_from(SECRETS), max_size=3).map(tuple),
        mounts=st.lists(st.sampled_from(MOUNTS), max_size=3).map(tuple),
        model=st.sampled_from(["sonnet", "opus 4", 'a "b" \\ c']),
        tools=st.lists(st.text('ab"\\\n\x7f\x00é', max_size=9), max_size=3).map(tuple),
        timeout_minutes=st.integers(1, 10_000),
        blast_radius=st.sampled_from([None, *Tier]),
    )
)
def test_an_action_that_was_written_reads_back_as_it_was(action: Action) -> None:
    reading = read_action(spell(action), f"vault/actions/{action.id}.toml", POLICY)

    assert reading.action == action


@given(st.binary(max_size=300))
def test_any_bytes_are_an_action_or_not(data: bytes) -> None:
    reading = read_action(data, "vault/actions/x.toml", POLICY)

    assert (reading.action is None) == any(f.severity == "FAIL" for f in reading.findings)
    read_policy(data)
    read_result(data)


# --- tiers


POLICIES: dict[str, tuple[bytes | None, Tier, int]] = {
    "plain": (b'[tiers]\nalpha = "low"\n', Tier.LOW, 0),
    "single quotes, quoted key, indent": (b"[tiers]\n  'alpha' = 'low'\n", Tier.LOW, 0),
    "capitals": (b'[tiers]\nalpha = "LOW"\n', Tier.HIGH, 1),
    "a number": (b"[tiers]\nalpha = 1\n", Tier.HIGH, 1),
    "another section": (b'[tiers]\n[other]\nalpha = "low"\n', Tier.HIGH, 0),
    "a longer name": (b'[tiers]\nalphabet = "low"\n', Tier.HIGH, 0),
    "no section": (b'alpha = "low"\n', Tier.HIGH, 1),
    "no file": (None, Tier.HIGH, 1),
    "no TOML": (b"[tiers\n", Tier.HIGH, 1),
}


@pytest.mark.parametrize(("data", "tier", "amiss"), POLICIES.values(), ids=POLICIES.keys())
def test_what_the_policy_does_not_clearly_name_is_high(
    data: bytes | None, tier: Tier, amiss: int
) -> None:
    policy = read_policy(data)

    assert classify(policy, "alpha").tier is tier
    assert [finding.code for finding in policy.findings] == ["VA09"] * amiss


@given(
    st.sampled_from([*POLICY.tiers, "unknown"]),
    st.one_of(st.none(), st.sampled_from([*Tier, "HIGH", "lowest", ""])),
)
def test_no_override_ever_lowers_a_tier(formula: str, override: str | None) -> None:
    without, verdict = classify(POLICY, formula), classify(POLICY, formula, override)

    assert verdict.tier.rank >= without.tier.rank
    if override in tuple(Tier):
        assert verdict.tier.rank == max(without.tier.rank, Tier(override).rank)
    elif override is not None:
        assert verdict.tier is Tier.HIGH


def test_asking_for_less_is_told() -> None:
    reading = read_action(
        toml(formula='"release"', blast_radius='"low"'),
        "vault/actions/publish-docs-20260502.toml",
        POLICY,
    )

    assert [finding.code for finding in reading.findings] == ["VA07"]
    assert reading.verdict.tier is Tier.HIGH
    assert reading.action is not None


def test_direct_is_let_be_where_the_policy_says_low() -> None:
    data = toml(formula='"triage"', dispatch_mode='"direct"')

    assert told(data) == []
    raised = toml(formula='"triage"', dispatch_mode='"direct"', blast_radius='"medium"')
    assert [code for code, _ in told(raised)] == ["VA06"]


def test_low_is_done_medium_is_told_and_high_waits() -> None:
    assert [(tier.asks, tier.waits) for tier in Tier] == [
        (False, False),
        (True, False),
        (True, True),
    ]
    assert where_to(Tier.HIGH.waits, "a") == "vault/pending/a.toml"
    assert where_to(Tier.MEDIUM.waits, "a") == "vault/actions/a.toml"


def test_the_template_is_a_good_policy() -> None:
    policy = read_policy(TEMPLATE.encode())

    assert policy.findings == ()
    assert {classify(policy, name).tier for name in ("triage", "dev", "release")} == set(Tier)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (None, "vault/policy.toml is missing"),
        (b"[tiers", "vault/policy.toml cannot be read"),
        (b"x = 1", "vault/policy.toml has no section [tiers]"),
        (b'[tiers]\nalpha = "LOW"', "what the policy says of it is no tier"),
        (b'[tiers]\nbeta = "low"', "the policy does not name it"),
    ],
)
def test_why_a_formula_is_high_is_told_as_it_is(data: bytes | None, why: str) -> None:
    verdict = classify(read_policy(data), "alpha")

    assert verdict.tier is Tier.HIGH
    assert verdict.why.startswith(why)


def test_drift_between_policy_and_formulas_is_told_both_ways() -> None:
    found = list(drift(POLICY, frozenset({"release", "triage", "brew"}), "formulas/"))

    assert [(each.code, "publish-docs" in each.message) for each in found] == [
        ("VA10", True),
        ("VA11", False),
    ]


# --- states


RESULTS: dict[str, tuple[bytes, int | None]] = {
    "ok": (b'{"id":"x","exit_code":0,"timestamp":"2026-05-02T10:00:00Z","logs":"x"}', 0),
    "failed": (b'{"exit_code":3}', 3),
    "no object": (b"[]", None),
    "no code": (b'{"exit_code":"0"}', None),
    "a truth": (b'{"exit_code":true}', None),
    "cut short": (b'{"exit_code":', None),
    "deep": (b"[" * 60_000, None),
}


@pytest.mark.parametrize(("data", "code"), RESULTS.values(), ids=RESULTS.keys())
def test_a_result_says_how_it_ended_or_nothing(data: bytes, code: int | None) -> None:
    result = read_result(data)

    assert (result.exit_code if isinstance(result, Result) else None) == code


def test_a_state_is_told_by_what_lies_beside_the_action() -> None:
    path = "vault/actions/publish-docs-20260502.toml"
    good = read_action(toml(), path, POLICY)
    waiting = read_action(toml(), path.replace("actions", "pending"), POLICY)
    bad = read_action(b"", path, POLICY)
    at = datetime(2026, 5, 2, tzinfo=UTC)

    assert action_state(good, None) is State.QUEUED
    assert action_state(good, Result(0, at, "")) is State.FIRED
    assert action_state(good, Result(1, None, "")) is State.FAILED
    assert action_state(good, "it is no JSON") is State.UNKNOWN
    assert action_state(waiting, None) is State.PENDING
    assert action_state(bad, None) is State.INVALID
    assert action_state(bad, Result(1, None, "")) is State.FAILED


AT = datetime(2026, 5, 9, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("path", "outcome", "target"),
    [
        ("vault/pending/key.md", Outcome.APPROVED, "vault/approved/key.md"),
        ("vault/pending/key.md", Outcome.FIRED, "vault/fired/key.md"),
        ("vault/approved/key.md", Outcome.FIRED, "vault/fired/key.md"),
        ("vault/approved/key.md", Outcome.REJECTED, "vault/rejected/key.md"),
        ("vault/pending/act.toml", Outcome.APPROVED, "vault/actions/act.toml"),
        ("vault/pending/act.toml", Outcome.REJECTED, "vault/rejected/act.toml"),
    ],
)
def test_a_decision_moves_the_file(path: str, outcome: Outcome, target: str) -> None:
    assert resolve(path, outcome, "tom", AT).new == target


@pytest.mark.parametrize(
    ("path", "outcome"),
    [
        ("vault/fired/key.md", Outcome.REJECTED),
        ("vault/approved/key.md", Outcome.APPROVED),
        ("vault/actions/act.toml", Outcome.REJECTED),
        ("vault/pending/act.toml", Outcome.FIRED),
    ],
)
def test_what_is_decided_stays_so(path: str, outcome: Outcome) -> None:
    with pytest.raises(Conflict):
        resolve(path, outcome, "tom", AT)


@pytest.mark.parametrize(
    "path", ["vault/pending/../x.md", "vault/pending/A b.md", "pending/x.md", "vault/x.md", ""]
)
def test_only_files_of_the_vault_are_moved(path: str) -> None:
    with pytest.raises(BadValue):
        resolve(path, Outcome.FIRED, "tom", AT)


def test_the_file_says_who_decided_and_when_and_is_otherwise_as_it_was() -> None:
    move = resolve("vault/pending/act.toml", Outcome.APPROVED, "tom", AT, "go --> on\x1b")
    after = moved(toml().rstrip(), move)

    assert after.startswith(toml())
    assert after.endswith("# approved by tom at 2026-05-09T08:30:00Z: go --> on\ufffd\n".encode())
    assert told(after) == []
    request = resolve("vault/pending/key.md", Outcome.FIRED, "tom", AT, "a --> b")
    assert moved(b"x", request).count(b"-->") == 1

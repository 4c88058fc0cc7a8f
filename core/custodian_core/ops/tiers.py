"""How far an action can do harm, and who therefore has to agree: the policy of the vault."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from custodian_core.findings import Finding, found
from custodian_core.text import printable

PATH = "vault/policy.toml"
#: how large a file of the vault may be
MAX_FILE = 64 * 1024


class Tier(StrEnum):
    """How far an action reaches, the smallest first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """Its place among the tiers."""
        return list(Tier).index(self)

    @property
    def asks(self) -> bool:
        """Whether a person is asked."""
        return self is not Tier.LOW

    @property
    def waits(self) -> bool:
        """Whether nothing goes on until the person has answered."""
        return self is Tier.HIGH


@dataclass(frozen=True, slots=True)
class Policy:
    """The tier of each formula that has one; what is not named is high."""

    tiers: Mapping[str, Tier]
    findings: tuple[Finding, ...] = ()
    #: why it names nothing at all, where that is so
    amiss: str = ""
    #: what it names, and says no tier of
    unclear: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The tier that holds, and why."""

    tier: Tier
    why: str
    #: the action asks for less than the policy says, which it does not get
    lowered_from: Tier | None = None


def read_policy(data: bytes | None) -> Policy:
    """The policy that the bytes spell; None stands for a file that is not there."""
    if data is None:
        return no_policy("is missing")
    table = read_toml(data)
    if isinstance(table, str):
        return no_policy(f"cannot be read: {table}")
    tiers = table.get("tiers")
    if not isinstance(tiers, dict):
        return no_policy("has no section [tiers]")
    good: dict[str, Tier] = {}
    findings: list[Finding] = []
    for formula, said in cast("dict[str, object]", tiers).items():
        if isinstance(said, str) and said in tuple(Tier):
            good[formula] = Tier(said)
        else:
            shown = printable(repr(said), 40)
            findings.append(_amiss(f"says {shown} of '{printable(formula, 60)}'"))
    unclear = frozenset(cast("dict[str, object]", tiers)) - good.keys()
    return Policy(good, tuple(findings), unclear=unclear)


def no_policy(why: str) -> Policy:
    """A policy that names nothing, and why: everything is high."""
    return Policy({}, (_amiss(why),), amiss=why)


def classify(policy: Policy, formula: str, override: str | None = None) -> Verdict:
    """The tier of an action: what the policy says, or more where the action asks for more."""
    named = policy.tiers.get(formula)
    tier = named or Tier.HIGH
    why = "the policy says so" if named else _why_high(policy, formula)
    if override is None:
        return Verdict(tier, why)
    if override not in tuple(Tier):
        return Verdict(Tier.HIGH, f"'{printable(override, 40)}' is no tier")
    asked = Tier(override)
    if asked.rank > tier.rank:
        return Verdict(asked, "the action asks for more than the policy")
    return Verdict(tier, why, asked if asked.rank < tier.rank else None)


def _why_high(policy: Policy, formula: str) -> str:
    if policy.amiss:
        return f"{PATH} {policy.amiss}"
    if formula in policy.unclear:
        return "what the policy says of it is no tier"
    return "the policy does not name it"


def drift(policy: Policy, formulas: frozenset[str], where: str) -> Iterator[Finding]:
    """What policy and formulas do not know of each other."""
    yield from policy.findings
    for name in sorted(policy.tiers.keys() - formulas):
        yield found("VA10", {"formula": name, "where": where}, path=PATH)
    for name in sorted(formulas - policy.tiers.keys()):
        yield found("VA11", {"formula": name}, path=PATH)


def read_toml(data: bytes) -> dict[str, object] | str:
    """The table, or why there is none."""
    if len(data) > MAX_FILE:
        return f"it is larger than {MAX_FILE // 1024} KiB"
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return f"line {line} is not UTF-8"
    except RecursionError:
        return "it is nested too deep"
    except ValueError as error:  # a number of many digits is no TOMLDecodeError
        return printable(str(error), 200)


def _amiss(why: str) -> Finding:
    return found("VA09", {"why": why}, path=PATH)


#: what a new ops repo is given
TEMPLATE = """\
# How far each formula can do harm. What is not named here is high.
# low: done and logged. medium: done, and a person is told. high: a person agrees first.
[tiers]
groom-backlog = "low"
triage = "low"
reproduce = "low"
review-pr = "low"

dev = "medium"
run-planner = "medium"
run-gardener = "medium"
run-predictor = "medium"
run-supervisor = "medium"
run-architect = "medium"
upgrade-dependency = "medium"

run-publish-site = "high"
run-rent-a-human = "high"
add-rpc-method = "high"
release = "high"
"""

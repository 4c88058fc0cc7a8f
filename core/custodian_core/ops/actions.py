"""Actions: TOML files that ask a dispatcher to run a formula. Nothing here runs one."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from custodian_core.codec import stamp
from custodian_core.findings import Finding, found
from custodian_core.text import printable

from .tiers import MAX_FILE, Policy, Tier, Verdict, classify, read_toml

ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
ID_RULE = "up to 100 of a-z 0-9 . _ -, the first a letter or digit"
SECRETS = (
    "CLAWHUB_TOKEN",
    "GITHUB_TOKEN",
    "CODEBERG_TOKEN",
    "DEPLOY_KEY",
    "NPM_TOKEN",
    "DOCKER_HUB_TOKEN",
)
MOUNTS = ("ssh", "gpg", "sops")
DEFAULT_MODEL = "sonnet"
DEFAULT_TIMEOUT = 60
#: what a file may say to a dispatcher; anybody can write it, so it decides nothing here
MODES = ("direct", "pr")


@dataclass(frozen=True, slots=True)
class Action:
    """What is asked for; only what is good in every field becomes one."""

    id: str
    formula: str
    context: str
    #: names; their values are nobody's business here
    secrets: tuple[str, ...]
    mounts: tuple[str, ...] = ()
    model: str = DEFAULT_MODEL
    tools: tuple[str, ...] = ()
    timeout_minutes: int = DEFAULT_TIMEOUT
    blast_radius: Tier | None = None
    dispatch_mode: str | None = None


@dataclass(frozen=True, slots=True)
class ActionReading:
    """An action, or what is wrong with all of its fields at once."""

    path: str
    #: the file's name without its end
    stem: str
    action: Action | None
    #: as far as they can be read, for whoever looks at an invalid one
    formula: str | None
    context: str | None
    verdict: Verdict
    findings: tuple[Finding, ...]


def read_action(
    data: bytes, path: str, policy: Policy, formulas: frozenset[str] | None = None
) -> ActionReading:
    """The action that the bytes spell; `formulas` are those that exist, None if nobody looked."""
    stem = path.rpartition("/")[2].removesuffix(".toml")
    table = read_toml(data)
    if isinstance(table, str):
        return unread_action(path, table)
    checking = _Checking(table, data, path, stem)
    findings = [*checking.all()]
    formula, context = _text(table.get("formula")), _text(table.get("context"))
    override = _text(table.get("blast_radius"))
    verdict = classify(policy, formula or "", override)
    findings += checking.against(verdict, formula, formulas)
    bad = any(finding.severity == "FAIL" for finding in findings)
    action = None if bad else _action(table)
    return ActionReading(path, stem, action, formula, context, verdict, tuple(findings))


def unread_action(path: str, why: str) -> ActionReading:
    """An action of which no more is known than why it cannot be read."""
    stem = path.rpartition("/")[2].removesuffix(".toml")
    finding = found("VA01", {"what": "action", "why": why}, path=path, line=_line_of(why))
    verdict = Verdict(Tier.HIGH, "it cannot be read")
    return ActionReading(path, stem, None, None, None, verdict, (finding,))


class _Checking:
    """The rules for one table."""

    def __init__(self, table: Mapping[str, object], data: bytes, path: str, stem: str) -> None:
        self.table = table
        self.text = data.decode(errors="replace")
        self.path = path
        self.stem = stem

    def _found(self, code: str, key: str, **facts: str | int) -> Finding:
        return found(code, facts, path=self.path, line=_line_of_key(self.text, key))

    def all(self) -> Iterator[Finding]:
        """What is wrong with each field by itself."""
        for key in self.table:
            if key not in _FIELDS:
                known = ", ".join(_FIELDS)
                yield self._found("VA03", key, field=printable(key, 60), known=known)
        for key, (required, amiss) in _FIELDS.items():
            if key not in self.table:
                if required:
                    yield self._found("VA02", key, field=key, why="is missing")
            elif why := amiss(self.table[key]):
                yield self._found("VA02", key, field=key, why=why)
        said = self.table.get("id")
        if isinstance(said, str) and ID.fullmatch(said) and said != self.stem:
            yield self._found("VA04", "id", id=said, name=f"{printable(self.stem, 100)}.toml")

    def against(
        self, verdict: Verdict, formula: str | None, formulas: frozenset[str] | None
    ) -> Iterator[Finding]:
        """What does not fit the policy and the formulas that there are."""
        if formula and formulas is not None and ID.fullmatch(formula) and formula not in formulas:
            yield self._found("VA08", "formula", formula=formula, where="formulas/")
        if self.table.get("dispatch_mode") == "direct" and verdict.tier is not Tier.LOW:
            yield self._found("VA06", "dispatch_mode", tier=verdict.tier.value)
        if verdict.lowered_from:
            facts = {"asked": verdict.lowered_from.value, "tier": verdict.tier.value}
            yield self._found("VA07", "blast_radius", **facts)


def same_ids(readings: list[ActionReading]) -> Iterator[Finding]:
    """VA05 for each action whose id another file has too."""
    first: dict[str, str] = {}
    for reading in readings:
        name = reading.action.id if reading.action else reading.stem
        if name in first:
            facts: dict[str, str | int] = {"id": printable(name, 100), "other": first[name]}
            yield found("VA05", facts, path=reading.path)
        first.setdefault(name, reading.path)


# --- the fields


def _amiss_name(value: object) -> str:
    return "" if isinstance(value, str) and ID.fullmatch(value) else f"must be {ID_RULE}"


def _amiss_text(value: object) -> str:
    return "" if isinstance(value, str) and value.strip() else "must be text, and not empty"


def _amiss_minutes(value: object) -> str:
    good = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return "" if good else "must be a whole number above 0"


def _amiss_tools(value: object) -> str:
    return "" if _texts(value) is not None else "must be a list of texts"


def _among(words: tuple[str, ...]) -> Callable[[object], str]:
    def amiss(value: object) -> str:
        said = _texts(value)
        if said is None:
            return "must be a list of texts, [] for none"
        unknown = [printable(each, 40) for each in said if each not in words]
        return f"names {', '.join(unknown)}; there are {', '.join(words)}" if unknown else ""

    return amiss


def _one_of(words: tuple[str, ...]) -> Callable[[object], str]:
    return lambda value: "" if value in words else f"must be one of {', '.join(words)}"


#: each field, whether it is required, and what is wrong with a value
_FIELDS: dict[str, tuple[bool, Callable[[object], str]]] = {
    "id": (True, _amiss_name),
    "formula": (True, _amiss_name),
    "context": (True, _amiss_text),
    "secrets": (True, _among(SECRETS)),
    "mounts": (False, _among(MOUNTS)),
    "model": (False, _amiss_text),
    "tools": (False, _amiss_tools),
    "timeout_minutes": (False, _amiss_minutes),
    "blast_radius": (False, _one_of(tuple(Tier))),
    "dispatch_mode": (False, _one_of(MODES)),
}


def _action(table: Mapping[str, object]) -> Action:
    """The action of a table in which every field is good."""
    lists = {key: _texts(table.get(key, [])) or () for key in ("secrets", "mounts", "tools")}
    radius = _text(table.get("blast_radius"))
    return Action(
        id=str(table["id"]),
        formula=str(table["formula"]),
        context=str(table["context"]),
        secrets=lists["secrets"],
        mounts=lists["mounts"],
        model=str(table.get("model", DEFAULT_MODEL)),
        tools=lists["tools"],
        timeout_minutes=int(str(table.get("timeout_minutes", DEFAULT_TIMEOUT))),
        blast_radius=Tier(radius) if radius else None,
        dispatch_mode=_text(table.get("dispatch_mode")),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: object) -> tuple[str, ...] | None:
    if not isinstance(value, list):
        return None
    items = cast("list[object]", value)
    texts = tuple(each for each in items if isinstance(each, str))
    return texts if len(texts) == len(items) else None


def _line_of(trouble: str) -> int | None:
    """The line that a parser's words name."""
    found_line = re.search(r"\bline (\d{1,9})", trouble)
    return int(found_line[1]) if found_line else None


def _line_of_key(text: str, key: str) -> int | None:
    """The line on which the key is written."""
    mark = re.search(
        rf"^[ \t]*[\"'\[]*{re.escape(key)}[\"'\]]*[ \t]*(?:=|\r?$)", text, re.MULTILINE
    )
    return text.count("\n", 0, mark.start()) + 1 if mark else None


# --- writing one


def spell(action: Action) -> bytes:
    """The file of the action, in which every value reads back as it was."""
    rows = [
        f"id = {_quoted(action.id)}",
        f"formula = {_quoted(action.formula)}",
        f"context = {_quoted(action.context)}",
        f"secrets = {_listed(action.secrets)}",
    ]
    if action.mounts:
        rows.append(f"mounts = {_listed(action.mounts)}")
    if action.model != DEFAULT_MODEL:
        rows.append(f"model = {_quoted(action.model)}")
    if action.tools:
        rows.append(f"tools = {_listed(action.tools)}")
    if action.timeout_minutes != DEFAULT_TIMEOUT:
        rows.append(f"timeout_minutes = {action.timeout_minutes}")
    if action.blast_radius:
        rows.append(f"blast_radius = {_quoted(action.blast_radius)}")
    return "".join(f"{row}\n" for row in rows).encode()


def _quoted(text: str) -> str:
    """A basic string: JSON's escapes are among TOML's, but for the one of DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _listed(texts: tuple[str, ...]) -> str:
    return f"[{', '.join(map(_quoted, texts))}]"


# --- what came of one


@dataclass(frozen=True, slots=True)
class Result:
    """What a dispatcher wrote down after it ran an action."""

    exit_code: int
    at: datetime | None
    logs: str

    @property
    def told_at(self) -> str | None:
        """When, as everybody writes it."""
        return stamp(self.at) if self.at else None


def read_result(data: bytes, action_id: str | None = None) -> Result | str:
    """The result that the bytes spell, or why there is none; that of another action is none."""
    if len(data) > MAX_FILE:
        return f"it is larger than {MAX_FILE // 1024} KiB"
    try:
        told: object = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        return f"it is no JSON: {printable(str(error), 100)}"
    if not isinstance(told, dict):
        return "it is no JSON object"
    said = cast("dict[str, object]", told)
    if action_id is not None and said.get("id", action_id) != action_id:
        return f"it is that of '{printable(str(said['id']), 100)}'"
    code = said.get("exit_code")
    if not isinstance(code, int) or isinstance(code, bool):
        return "it has no exit_code"
    return Result(code, _time(said.get("timestamp")), str(said.get("logs") or ""))


def _time(said: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(said))
    except ValueError:
        return None
    return at if at.tzinfo else None

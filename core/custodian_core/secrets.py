"""What in a text looks like a secret, by one table of rules for finding and for hiding it.

A rule knows a secret by what stands around it or by how its maker marks it, never by being long and
random alone: digests, ids and commits are that too, and have to stay.
"""

import hashlib
import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from .findings import Finding, found

HIDDEN = "[REDACTED]"


@dataclass(frozen=True, slots=True)
class _Rule:
    """A kind of secret: group `s` of the pattern is what nobody may read."""

    name: str
    pattern: re.Pattern[str]
    #: one of these stands in every text that it matches, in small letters; they are found faster
    signs: tuple[str, ...]
    #: whether a variable or a gap to fill may stand in its place, and whether a plain word may
    may_be_gap: bool = False
    may_be_word: bool = False


#: what parts the lines of a key, as it stands in a file, in a quotation or in JSON
_BETWEEN = r"(?:[\s>|\"',]|\\[nr])"
_KEY = rf"""(?x)(?P<s>-----BEGIN\ (?:[A-Z0-9]+\ ){{0,4}}PRIVATE\ KEY(?:\ BLOCK)?-----
    (?:{_BETWEEN}++(?:[A-Za-z0-9+/=]{{16,}}+|[A-Z][A-Za-z-]{{2,15}}:\ [^\n\\]{{1,80}}+))*+
    (?:(?:{_BETWEEN}++[A-Za-z0-9+/=]++)?+{_BETWEEN}*+-----END\ [A-Z0-9\ ]{{1,40}}-----)?)"""
#: how makers mark their tokens
_MARKED = r"""(?x)(?<![A-Za-z0-9])(?P<s>
    gh[opusr]_[A-Za-z0-9]{20,255} | github_pat_[A-Za-z0-9_]{22,255}
  | gl(?:pat|dt|ptt|rt|oas|soat|cbt|agent)-[A-Za-z0-9_.-]{20,255}
  | sk-(?:ant|proj|svcacct|admin|or)-(?=[A-Za-z_-]{0,60}\d)[A-Za-z0-9_-]{20,255}
  | sk-(?=[A-Za-z]{0,60}\d)[A-Za-z0-9]{32,255}
  | [rs]k_(?:live|test)_[A-Za-z0-9]{16,255}
  | xox[abeoprs]-(?=[A-Za-z-]{0,20}\d)[A-Za-z0-9-]{10,255} | xapp-\d-[A-Za-z0-9-]{20,255}
  | npm_[A-Za-z0-9]{36} | pypi-AgEIcHlwaS[A-Za-z0-9_-]{16,1000} | dckr_pat_[A-Za-z0-9_-]{20,255}
  | hf_[A-Za-z0-9]{30,255} | do[opr]_v1_[a-f0-9]{64} | hv[bs]\.[A-Za-z0-9_-]{20,500}
  | AIza[A-Za-z0-9_-]{35} | ya29\.[A-Za-z0-9_-]{20,1000} | SG\.[\w-]{16,40}\.[\w-]{16,100}
  | gls?a_[A-Za-z0-9_]{32,255} | shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}
  | AGE-SECRET-KEY-1[A-Z0-9]{50,70} | cust_[A-Za-z0-9_-]{20,255}
  )(?![A-Za-z0-9])"""
_WORD = r"password|passwd|passphrase"
_NAME = r"(?:api|access|secret|private|auth|signing|encryption)[_-]?key|secret|token"
_PROVIDER = r"INFURA|ALCHEMY"
#: what a value in quotes begins with; a quote before anything else ends a string of JSON
_VALUE = r"(?![\s,:}\]])"
#: `NAME=value` as in an environment; a value in quotes is bounded, so that no text is looked
#: through again and again
_SET = rf"""(?x)(?<![A-Za-z0-9_])[A-Z0-9_]{{0,60}}?
    (?:(?:{_WORD}|_PASS|_PWD|{_NAME}|{_PROVIDER})=
        (?:"{_VALUE}(?P<d>(?:[^"\\\n]|\\.){{1,500}}+)"|'{_VALUE}(?P<q>[^'"\n]{{1,500}}+)'
        |\\"(?P<e>[^"\\\n]{{1,500}}+)\\")
    |(?:{_WORD}|_PASS|_PWD)=(?P<s>[^\s"'`;&|<>,)\\]++)
    |(?:{_NAME}|{_PROVIDER})=(?P<t>[^\s"'`;&|<>,)\\]{{6,}}+)
    |(?-i:_KEY)=["']?(?P<k>(?=[A-Za-z_+/-]{{0,60}}\d)[A-Za-z0-9_+/=-]{{16,}}+))"""
#: `name: value` and `name = value` as in a file of settings, in a header or in JSON
_SAID = rf"""(?x)(?<![A-Za-z0-9])(?:[A-Za-z0-9]{{1,30}}[_-]){{0,5}}?
    (?:(?:{_WORD}|{_NAME})\\?["']?[ \t]*[:=][ \t]*
        (?:"{_VALUE}(?P<d>(?:[^"\s\\]|\\.){{6,500}}+)"|'{_VALUE}(?P<q>[^'"\s]{{6,500}}+)'
        |\\"(?P<e>[^"\s\\]{{6,500}}+)\\")
    |(?:{_WORD})[ \t]*[:=][ \t]*(?P<s>[^\s"'`]{{1,500}}+)(?=[ \t]*(?:$|\r))
    |(?:{_NAME})[ \t]*[:=][ \t]*(?P<k>(?=[A-Za-z_+/.-]{{0,60}}\d)(?=[\d_+/.-]{{0,60}}[A-Za-z])
        [A-Za-z0-9_+/=.~-]{{16,4000}}+)(?![(\[]))"""

_ANY = re.IGNORECASE
_RULES = (
    _Rule("private-key", re.compile(_KEY), ("private key",)),
    _Rule(
        "marked-token",
        re.compile(_MARKED),
        (
            *("gho_", "ghp_", "ghu_", "ghs_", "ghr_", "github_pat_", "gl", "sk-", "k_live_"),
            *("k_test_", "xox", "xapp-", "npm_", "pypi-", "dckr_pat_", "hf_", "_v1_", "hvb."),
            *("hvs.", "aiza", "ya29.", "sg.", "shpat_", "shpca_", "shppa_", "shpss_"),
            *("age-secret-key", "cust_"),
        ),
    ),
    _Rule(
        "aws-key-id",
        re.compile(r"(?<![A-Za-z0-9])(?P<s>(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16})(?![A-Za-z0-9])"),
        ("akia", "asia", "abia", "acca"),
    ),
    _Rule(
        "json-web-token",
        re.compile(r"(?<![\w-])(?P<s>eyJ[\w-]{10,}+\.eyJ[\w-]{10,}+\.[\w-]{10,}+)"),
        ("eyj",),
    ),
    _Rule(
        "authorization",
        re.compile(
            r"(?:\bauthorization[\"']?[ \t]*[:=][ \t]*[\"']?(?:bearer|basic|token)[ \t]++"
            r"(?P<s>[^\s\"'\\,]{8,}+)"
            r"|\bbearer[ \t]++(?P<k>(?=[A-Za-z._~+/-]{0,60}\d)[\w.~+/=-]{20,}+))",
            _ANY,
        ),
        ("bearer", "authorization"),
        may_be_gap=True,
    ),
    _Rule(
        "password-in-url",
        re.compile(
            r"\b[a-z][a-z0-9+.-]{1,20}://(?:[^\s/?#:@\"'\\]{0,100}:(?P<s>[^\s/?#@\"'\\]{1,500}+)"
            r"|(?P<k>(?=[a-z_-]{0,60}\d)[\w-]{20,}+))@",
            _ANY,
        ),
        ("://",),
        may_be_gap=True,
    ),
    _Rule(
        "key-in-url",
        re.compile(
            r"\bhttps?://[^\s\"'<>\\]{1,300}?(?:"
            r"[?&](?:access_token|token|api_?key|key|secret|password|sig|signature)="
            r"(?P<s>[^\s&#\"'<>\\)]{8,}+)"
            r"|/v\d{1,2}/(?P<k>(?=[A-Za-z_-]{0,31}\d)[\w-]{32})(?![\w-]))",
            _ANY,
        ),
        ("https://", "http://"),
        may_be_gap=True,
    ),
    _Rule(
        "webhook-url",
        re.compile(
            r"\bhooks\.slack\.com/services/(?P<s>[A-Za-z0-9/]{20,}+)"
            r"|\bdiscord(?:app)?\.com/api/webhooks/\d{1,30}/(?P<k>[\w-]{20,}+)"
        ),
        ("hooks.slack.com", "/api/webhooks/"),
    ),
    _Rule("hex-key", re.compile(r"(?<!\w)(?P<s>0x[0-9a-fA-F]{64})(?!\w)"), ("0x",)),
    _Rule(
        "assignment",
        re.compile(_SET, _ANY),
        ("pass", "_pwd", "key=", "token", "secret", "infura", "alchemy"),
        may_be_gap=True,
        may_be_word=True,
    ),
    _Rule(
        "named-value",
        re.compile(_SAID, _ANY | re.MULTILINE),
        ("passw", "passphrase", "key", "token", "secret"),
        may_be_gap=True,
        may_be_word=True,
    ),
)
#: what stands for a value: a variable, a gap to fill, a name as NPM_TOKEN, a place in a program
_STANDS_FOR = re.compile(
    r"""(?x)[$%{<*\[(].* | \.{2,}.* | x{3,} | …+ | [A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+
    | [a-z_][a-z_0-9]*(?:\.[a-z_][a-z_0-9]*)+ | [\w.]+[(\[].* | (?i:your|my|some|the)[-_ ].*""",
    re.DOTALL,
)
_WORDS = frozenset(
    [
        *("none", "null", "nil", "true", "false", "yes", "no", "required", "optional", "unset"),
        *("set", "missing", "empty", "hidden", "masked", "redacted", "unknown", "string", "str"),
        *("text", "changeme", "password", "passwd", "token", "secret", "secrets", "key", "value"),
    ]
)


@dataclass(frozen=True, slots=True)
class Hit:
    """Where something looks like a secret; what it says is not told."""

    rule: str
    start: int
    end: int
    line: int
    column: int
    #: the rule and a piece of the digest, by which one that is none can be let pass
    mark: str

    @property
    def finding(self) -> Finding:
        """The hit as a finding."""
        length = self.end - self.start
        where: dict[str, str | int] = {"length": length, "column": self.column}
        return found("SE01", {"rule": self.rule, "mark": self.mark, **where}, line=self.line)


def scan(text: str, allowed: Collection[str] = ()) -> tuple[Hit, ...]:
    """All that looks like a secret, in order, but for the marks that are allowed."""
    low = text.lower()
    spans = {
        span: rule.name
        for rule in reversed(_RULES)  # of two that see the same, the first names it
        if any(sign in low for sign in rule.signs)
        for span in _spans(rule, text)
    }
    starts = [0, *accumulate(len(row) + 1 for row in text.split("\n"))] if spans else []
    hits = (_hit(text, span, name, starts) for span, name in sorted(spans.items()))
    return tuple(hit for hit in hits if hit.mark not in allowed)


def redact(text: str, known: Sequence[str] = (), allowed: Collection[str] = ()) -> str:
    """The text with every secret hidden: those that are known, and what looks like one."""
    for secret in sorted(known, key=len, reverse=True):
        text = text.replace(secret, HIDDEN) if secret else text
    # (what was hidden may lay bare what it stood in the way of)
    while hits := scan(text, allowed):
        text = hide(text, hits)
    return text


def redact_added(text: str, before: str) -> tuple[str, tuple[Hit, ...]]:
    """The text with secrets hidden in lines that did not stand before, and where they were."""
    stood, told = frozenset(before.split("\n")), list[Hit]()
    while hits := [hit for hit in scan(text) if not stood.issuperset(_lines(text, hit))]:
        told += hits
        text = hide(text, hits)
    return text, tuple(told)


def _lines(text: str, hit: Hit) -> list[str]:
    """The lines that the hit stands in."""
    end = text.find("\n", hit.end)
    return text[hit.start - hit.column + 1 : end if end >= 0 else None].split("\n")


def hide(text: str, hits: Sequence[Hit]) -> str:
    """The text with these places hidden; places that overlap are hidden as one."""
    parts: list[str] = []
    at = 0
    for hit in sorted(hits, key=lambda each: (each.start, each.end)):
        if hit.start >= at:
            parts += [text[at : hit.start], HIDDEN]
        at = max(at, hit.end)
    return "".join([*parts, text[at:]])


def _spans(rule: _Rule, text: str) -> Iterator[tuple[int, int]]:
    for match in rule.pattern.finditer(text):
        group = next(name for name, said in match.groupdict().items() if said is not None)
        said = match[group]
        if said.replace(HIDDEN, "") and not _is_none(rule, said):
            yield match.span(group)


def _is_none(rule: _Rule, said: str) -> bool:
    """Whether it only stands where a secret could."""
    if rule.may_be_word and said.strip(".,;:!").casefold() in _WORDS:
        return True
    return rule.may_be_gap and bool(_STANDS_FOR.fullmatch(said))


def _hit(text: str, span: tuple[int, int], rule: str, starts: Sequence[int]) -> Hit:
    line = bisect_right(starts, span[0])
    digest = hashlib.sha256(text[slice(*span)].encode("utf-8", "surrogatepass")).hexdigest()
    return Hit(rule, *span, line, span[0] - starts[line - 1] + 1, f"{rule}:{digest[:8]}")

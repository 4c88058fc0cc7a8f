"""The one table of rules by which a secret is known, in finding and in hiding.

A rule knows a secret by what stands around it or by how its maker marks it, never by being long and
random alone: digests, ids and commits are that too, and have to stay.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of secret: the group of the pattern that matched is what nobody may read."""

    name: str
    source: str
    #: one of these stands in every text that it matches, in small letters; they are found faster
    signs: tuple[str, ...]
    flags: int = 0
    #: with one of these names, and a mark behind it, begins all that it matches
    names: tuple[str, ...] = ()
    #: whether all that it matches begins with one of the signs
    begins_so: bool = False
    #: whether a variable or a gap to fill may stand in its place, and whether a plain word may
    may_be_gap: bool = False
    may_be_word: bool = False

    def matches(self, text: str, low: str) -> "Iterator[re.Match[str]]":
        """All that it matches in the text; `low` is the text in small letters."""
        signs = [sign for sign in self.signs if sign in low]
        if not signs:
            return iter(())
        # (most programs never see a secret, so that no pattern is compiled before it is needed)
        pattern = _compiled(self.source, self.flags)
        if self.begins_so:
            return _begun(pattern, signs, text, low)
        return _named(pattern, self.names, text, low) if self.names else pattern.finditer(text)

    def is_none(self, said: str) -> bool:
        """Whether it only stands where a secret could."""
        if self.may_be_word and said.strip(".,;:!").casefold() in _NO_SECRETS:
            return True
        return self.may_be_gap and bool(_compiled(_STANDS_FOR, 0).fullmatch(said))


@cache
def _compiled(source: str, flags: int) -> re.Pattern[str]:
    return re.compile(source, flags)


def _begun(
    pattern: re.Pattern[str], signs: Sequence[str], text: str, low: str
) -> "Iterator[re.Match[str]]":
    """What the pattern matches where a sign stands, which is looked for far faster."""
    end = 0
    for at in sorted(at for sign in signs for at in _places(sign, low)):
        if at >= end and (found := pattern.match(text, at)):
            end = found.end()
            yield found


def _places(sign: str, low: str) -> Iterator[int]:
    at = low.find(sign)
    while at >= 0:
        yield at
        at = low.find(sign, at + 1)


def _named(
    pattern: re.Pattern[str], names: tuple[str, ...], text: str, low: str
) -> "Iterator[re.Match[str]]":
    """What the pattern matches where a name stands before a mark, which texts have few of."""
    end = 0
    for mark in _compiled("[:=]", 0).finditer(text):
        at = mark.start()
        while at and low[at - 1] in " \t\"'\\":
            at -= 1
        if at < end or not low.endswith(names, 0, at):
            continue
        begins = (at - len(name) for name in names if low.endswith(name, 0, at))
        matches = (pattern.match(text, begin) for begin in begins if begin >= end)
        if found := next(filter(None, matches), None):
            end = found.end()
            yield found


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
#: `NAME=value` as in an environment, whatever NAME begins with; a value in quotes is bounded, so
#: that no text is looked through again and again
_SET = rf"""(?x)(?:(?:{_WORD}|_PASS|_PWD|{_NAME}|{_PROVIDER})=
        (?:"{_VALUE}(?P<d>(?:[^"\\\n]|\\.){{1,500}}+)"|'{_VALUE}(?P<q>[^'"\n]{{1,500}}+)'
        |\\"(?P<e>[^"\\\n]{{1,500}}+)\\")
    |(?:{_WORD}|_PASS|_PWD)=(?P<s>[^\s"'`;&|<>,)\\]++)
    |(?:{_NAME}|{_PROVIDER})=(?P<t>[^\s"'`;&|<>,)\\]{{6,}}+)
    |(?-i:_KEY)=["']?(?P<k>(?=[A-Za-z_+/-]{{0,60}}\d)[A-Za-z0-9_+/=-]{{16,}}+))"""
#: `name: value` and `name = value` as in a file of settings, in a header or in JSON
_SAID = rf"""(?x)(?<![A-Za-z0-9])
    (?:(?:{_WORD}|{_NAME})\\?["']?[ \t]*[:=][ \t]*
        (?:"{_VALUE}(?P<d>(?:[^"\s\\]|\\.){{6,500}}+)"|'{_VALUE}(?P<q>[^'"\s]{{6,500}}+)'
        |\\"(?P<e>[^"\s\\]{{6,500}}+)\\")
    |(?:{_WORD})[ \t]*[:=][ \t]*(?P<s>[^\s"'`]{{1,500}}+)(?=[ \t]*(?:$|\r))
    |(?:{_NAME})[ \t]*[:=][ \t]*(?P<k>(?=[A-Za-z_+/.-]{{0,60}}\d)(?=[\d_+/.-]{{0,60}}[A-Za-z])
        [A-Za-z0-9_+/=.~-]{{16,4000}}+)(?![(\[]))"""

_WORDS = ("password", "passwd", "passphrase")
_KEYS = tuple(
    f"{kind}{between}key"
    for kind in ("api", "access", "secret", "private", "auth", "signing", "encryption")
    for between in ("_", "-", "")
)
_NAMES = (*_WORDS, *_KEYS, "secret", "token")

_ANY = re.IGNORECASE
RULES = (
    Rule("private-key", _KEY, ("private key",)),
    Rule(
        "marked-token",
        _MARKED,
        (
            *("gho_", "ghp_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "gldt-", "glptt-"),
            *("glrt-", "gloas-", "glsoat-", "glcbt-", "glagent-", "gla_", "glsa_", "sk-"),
            *("sk_live_", "rk_live_", "sk_test_", "rk_test_", "xox", "xapp-", "npm_", "pypi-"),
            *("dckr_pat_", "hf_", "doo_v1_", "dop_v1_", "dor_v1_", "hvb.", "hvs.", "aiza", "ya29."),
            *("sg.", "shpat_", "shpca_", "shppa_", "shpss_", "age-secret-key", "cust_"),
        ),
        begins_so=True,
    ),
    Rule(
        "aws-key-id",
        r"(?<![A-Za-z0-9])(?P<s>(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16})(?![A-Za-z0-9])",
        ("akia", "asia", "abia", "acca"),
        begins_so=True,
    ),
    Rule(
        "json-web-token",
        r"(?<![\w-])(?P<s>eyJ[\w-]{10,}+\.eyJ[\w-]{10,}+\.[\w-]{10,}+)",
        ("eyj",),
        begins_so=True,
    ),
    Rule(
        "authorization",
        r"(?:\bauthorization[\"']?[ \t]*[:=][ \t]*[\"']?(?:bearer|basic|token)[ \t]++"
        r"(?P<s>[^\s\"'\\,]{8,}+)"
        r"|\bbearer[ \t]++(?P<k>(?=[A-Za-z._~+/-]{0,60}\d)[\w.~+/=-]{20,}+))",
        ("bearer", "authorization"),
        _ANY,
        may_be_gap=True,
    ),
    Rule(
        "password-in-url",
        r"://(?<=[A-Za-z0-9+.-]://)(?:[^\s/?#:@\"'\\]{0,100}:(?P<s>[^\s/?#@\"'\\]{1,500}+)"
        r"|(?P<k>(?=[A-Za-z_-]{0,60}\d)[\w-]{20,}+))@",
        ("://",),
        may_be_gap=True,
    ),
    Rule(
        "key-in-url",
        r"\bhttps?://[^\s\"'<>\\]{1,300}?(?:"
        r"[?&](?:access_token|token|api_?key|key|secret|password|sig|signature)="
        r"(?P<s>[^\s&#\"'<>\\)]{8,}+)"
        r"|/v\d{1,2}/(?P<k>(?=[A-Za-z_-]{0,31}\d)[\w-]{32})(?![\w-]))",
        ("https://", "http://"),
        _ANY,
        may_be_gap=True,
    ),
    Rule(
        "webhook-url",
        r"\bhooks\.slack\.com/services/(?P<s>[A-Za-z0-9/]{20,}+)"
        r"|\bdiscord(?:app)?\.com/api/webhooks/\d{1,30}/(?P<k>[\w-]{20,}+)",
        ("hooks.slack.com", "/api/webhooks/"),
    ),
    Rule("hex-key", r"(?<!\w)(?P<s>0x[0-9a-fA-F]{64})(?!\w)", ("0x",)),
    Rule(
        "assignment",
        _SET,
        ("pass", "_pwd", "key=", "token", "secret", "infura", "alchemy"),
        _ANY,
        (*_NAMES, "_pass", "_pwd", "_key", "infura", "alchemy"),
        may_be_gap=True,
        may_be_word=True,
    ),
    Rule(
        "named-value",
        _SAID,
        ("passw", "passphrase", "key", "token", "secret"),
        _ANY | re.MULTILINE,
        _NAMES,
        may_be_gap=True,
        may_be_word=True,
    ),
)
#: what stands for a value: a variable, a gap to fill, a name as NPM_TOKEN, a place in a program
_STANDS_FOR = r"""(?xs)[$%{<*\[(].* | \.{2,}.* | x{3,} | …+ | [A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+
    | [a-z_][a-z_0-9]*(?:\.[a-z_][a-z_0-9]*)+ | [\w.]+[(\[].* | (?i:your|my|some|the)[-_ ].*"""
_NO_SECRETS = frozenset(
    [
        *("none", "null", "nil", "true", "false", "yes", "no", "required", "optional", "unset"),
        *("set", "missing", "empty", "hidden", "masked", "redacted", "unknown", "string", "str"),
        *("text", "changeme", "password", "passwd", "token", "secret", "secrets", "key", "value"),
    ]
)

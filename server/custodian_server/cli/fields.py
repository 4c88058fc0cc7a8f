"""What `field=value` words would change in a repo, as the hub takes it."""

import json
from collections.abc import Sequence
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

from custodian_core.codec import from_json
from custodian_core.commands import ChangeRepo
from custodian_core.errors import BadValue
from custodian_core.settings import Settings
from custodian_core.wire import CHANGEABLE
from custodian_tools.registering import below_roots, without_credentials

_TRUTHS = {"true": True, "yes": True, "false": False, "no": False}


def changes_of(words: Sequence[str], settings: Settings) -> dict[str, Any]:
    """The changes that the words spell; a field that cannot be changed is refused by name."""
    record, names = CHANGEABLE[ChangeRepo]
    hints = get_type_hints(record)
    changes: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            raise BadValue(f"'{word[:50]}'", "it must be field=value")
        if name not in names:
            allowed = ", ".join(names)
            raise BadValue(f"field {name}", f"it cannot be changed; these can: {allowed}")
        if name in changes:
            raise BadValue(f"field {name}", "it is given twice")
        kinds = get_args(hints[name]) or (hints[name],)
        changes[name] = _value(name, kinds, text, settings)
    return changes


def _value(name: str, kinds: tuple[Any, ...], text: str, settings: Settings) -> Any:
    if text == "" and NoneType in kinds:
        return None
    if name == "host_paths":
        return _paths(text, settings)
    if name == "remote_url":
        return without_credentials(text)
    if bool in kinds:
        return _checked(name, _TRUTHS.get(text.lower()), "true or false")
    if int in kinds:
        return _checked(name, int(text) if text.isdecimal() else None, "a number")
    return text


def _checked(name: str, value: Any, what: str) -> Any:
    if value is None:
        raise BadValue(name, f"it must be {what}")
    return value


def _paths(text: str, settings: Settings) -> dict[str, str]:
    """The folder on each host; here it is one where checkouts may live."""
    try:
        paths = from_json(dict[str, str], json.loads(text))
    except (ValueError, BadValue) as error:
        example = '{"laptop": "/home/me/x"}'
        raise BadValue("host_paths", f"it must be JSON, as {example}") from error
    if settings.host in paths:
        paths[settings.host] = str(below_roots(Path(paths[settings.host]), settings))
    return paths

"""Whether a request is of a shape whose answer is known beforehand: no guess, every doubt a no."""

TYPE_CHECKING = False
if TYPE_CHECKING:  # (typing is slow to load)
    from typing import Any, TypeGuard

PREFIX = "io.modelcontextprotocol/"
VERSION, CAPABILITIES, CLIENT = (
    f"{PREFIX}{name}" for name in ("protocolVersion", "clientCapabilities", "clientInfo")
)
_LOG_LEVEL = f"{PREFIX}logLevel"
_LOG_LEVELS = frozenset(
    ("alert", "critical", "debug", "emergency", "error", "info", "notice", "warning")
)
_THEMES = frozenset(("light", "dark"))

#: larger numbers are read differently by different programs
_LARGEST = 2**53


def is_object(value: object) -> "TypeGuard[dict[str, Any]]":
    """Whether it is a JSON object."""
    return isinstance(value, dict)


def is_array(value: object) -> "TypeGuard[list[Any]]":
    """Whether it is a JSON array."""
    return isinstance(value, list)


def is_request(message: object) -> "TypeGuard[dict[str, Any]]":
    """Whether it is a request with nothing more or less than a request has."""
    return (
        is_object(message)
        and message.keys() <= {"jsonrpc", "id", "method", "params"}
        and message.get("jsonrpc") == "2.0"
        and _is_token(message.get("id"))
        and isinstance(message.get("method"), str)
        and is_object(message.get("params", {}))
    )


def may_be_request(message: object) -> bool:
    """Whether anybody could take it for a request, and an opening one for a choice of the era."""
    return is_object(message) and "method" in message and "id" in message


def is_initialize(params: "dict[str, Any]") -> bool:
    """Whether they are parameters of a handshake."""
    return (
        {"protocolVersion", "capabilities", "clientInfo"}
        <= params.keys()
        <= {"protocolVersion", "capabilities", "clientInfo", "_meta"}
        and isinstance(params["protocolVersion"], str)
        and is_old_meta(params.get("_meta", {}))
        and _is_capabilities(params["capabilities"])
        and _is_client(params["clientInfo"])
    )


def is_old_meta(meta: object) -> bool:
    """Whether a request of the handshake's era can carry it."""
    return (
        is_object(meta)
        and _is_token(meta.get("progressToken", 0))
        and not any(key.startswith(PREFIX) for key in meta)
    )


def is_envelope(meta: object, versions: list[str]) -> bool:
    """Whether it is the envelope of a request of the newer era."""
    return (
        is_object(meta)
        and meta.get(VERSION) in versions
        and _is_capabilities(meta.get(CAPABILITIES))
        and (CLIENT not in meta or _is_client(meta[CLIENT]))
        and meta.get(_LOG_LEVEL, "info") in _LOG_LEVELS
        and _is_token(meta.get("progressToken", 0))
    )


def _is_token(value: object) -> bool:
    if isinstance(value, str):
        return value.isascii() and value.isprintable()
    return type(value) is int and -_LARGEST < value < _LARGEST


def _is_capabilities(value: object) -> bool:
    return is_object(value) and all(_is_capability(*each) for each in value.items())


def _is_capability(name: str, value: object) -> bool:
    if not is_object(value):
        return False
    if name == "roots":
        return all(key == "listChanged" and type(said) is bool for key, said in value.items())
    if name == "tasks":
        return _is_nested(value)
    known = ("sampling", "elicitation", "experimental", "extensions")
    return name in known and all(is_object(each) for each in value.values())


def _is_nested(value: object) -> bool:
    return is_object(value) and all(map(_is_nested, value.values()))


def _is_client(value: object) -> bool:
    if not is_object(value) or not isinstance(value.get("name"), str):
        return False
    texts = ("version", "title", "description", "websiteUrl")
    icons = value.get("icons", [])
    return (
        "version" in value
        and all(isinstance(value.get(name, ""), str) for name in texts)
        and is_array(icons)
        and all(map(_is_icon, icons))
    )


def _is_icon(value: object) -> bool:
    if not is_object(value) or not isinstance(value.get("src"), str):
        return False
    sizes = value.get("sizes", [])
    return (
        isinstance(value.get("mimeType", ""), str)
        and is_array(sizes)
        and all(isinstance(size, str) for size in sizes)
        and value.get("theme", "light") in _THEMES
    )

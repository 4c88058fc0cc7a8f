"""The address of a server that Custodian talks to, and the token that opens it."""

from urllib.parse import urlsplit

from .errors import BadValue


def endpoint(url: str, setting: str, token_setting: str, example: str) -> str:
    """The URL, without a slash at its end; what is none, or holds more, is refused by its setting.

    What is refused is not said, since it may hold a password.
    """
    try:
        parts = urlsplit(url)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        raise BadValue(setting, "it is not a URL") from None
    plain = url.isprintable() and " " not in url and port_is_fine
    if parts.scheme not in ("http", "https") or not parts.hostname or not plain:
        raise BadValue(setting, f"it must be as {example}")
    if "@" in parts.netloc or parts.query or parts.fragment:
        reason = f"it holds more than an address; a token goes in {token_setting}"
        raise BadValue(setting, reason)
    return url.rstrip("/")


def is_here(url: str) -> bool:
    """Whether the address is on this machine, where no proxy is asked."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port: what two addresses of one server have in common."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts.scheme.lower(), (parts.hostname or "").lower(), port


def fit_for_header(token: str, setting: str) -> str:
    """The token, if a header can hold it; else it is refused without saying it."""
    if not token.isascii() or not token.isprintable() or " " in token:
        raise BadValue(setting, "it holds a character that no token has")
    return token

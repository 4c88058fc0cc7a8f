"""Whom clients believe over TLS: whoever this machine does, and whoever everybody does."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import ssl


def believed_at(url: str) -> "ssl.SSLContext | bool":
    """What a client of that address compares certificates with, as git does, SSL_CERT_FILE with it.

    Without TLS that is nothing: reading the world's certificates takes a tenth of a second.
    """
    if urlsplit(url).scheme != "https":
        return False
    import httpx

    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


def disbelief(error: BaseException) -> str | None:
    """What came in the way of TLS, and what to do; None where the error came of something else."""
    import ssl

    from .text import printable

    tls = next((each for each in causes(error) if isinstance(each, ssl.SSLError)), None)
    if isinstance(tls, ssl.SSLCertVerificationError):
        reason = f"its certificate is not trusted ({printable(tls.verify_message, 200)})"
        return f"{reason}; if its authority is your own, name that in SSL_CERT_FILE"
    return "it does not speak TLS there; is it http, and not https?" if tls is not None else None


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what it came of; of several addresses that were tried, the first."""
    while error is not None:
        yield error
        group = cast("BaseExceptionGroup[Any]", error)
        first = group.exceptions[0] if isinstance(error, BaseExceptionGroup) else None
        error = first or error.__cause__ or error.__context__

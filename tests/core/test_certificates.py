"""Every client that speaks TLS believes whom this machine does, and says whom it does not."""

import socket
import ssl
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from custodian_core.errors import CustodianError
from custodian_core.forge.client import HttpForge
from custodian_core.hub.asking import Asked, Asker
from custodian_core.notices import Notice, NoticeKind
from custodian_core.notifying import Teller

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
BODY = b'{"version": "1.26.4"}'


def forge(url: str) -> str | None:
    """Why the forge at that address was not heard."""
    with HttpForge(url, "t0ken") as client:
        return trouble(lambda: client.server())


def hub(url: str) -> str | None:
    """Why the hub was not."""
    client = Asker(url, "t0ken", pause=lambda _s: None)
    try:
        return trouble(lambda: client.ask(Asked("GET", "/state/health", {}, {})))
    finally:
        client.close()


def teller(url: str) -> str | None:
    """Why whoever is told notices was not."""
    client = Teller(url, "a secret that nobody can guess", "h")
    try:
        return client.tell(Notice("event-1", NOON, NoticeKind.QUESTION, "Which fonts?"), NOON)
    finally:
        client.close()


def trouble(ask: Callable[[], object]) -> str | None:
    try:
        ask()
    except CustodianError as error:
        return str(error)
    return None


clients = pytest.mark.parametrize("client", [forge, hub, teller])
Client = Callable[[str], str | None]


@clients
def test_a_certificate_of_ones_own_is_told_with_what_to_do(client: Client, tmp_path: Path) -> None:
    with speaking_tls(own_certificate(tmp_path)) as url:
        told = client(url) or ""

    assert "its certificate is not trusted (self-signed certificate); if its authority is" in told
    assert told.endswith("name that in SSL_CERT_FILE")


@clients
def test_a_certificate_that_this_machine_trusts_is_trusted(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = own_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with speaking_tls(certificate) as url:
        assert client(url) is None


@clients
def test_a_scheme_in_capitals_is_as_careful(client: Client, tmp_path: Path) -> None:
    with speaking_tls(own_certificate(tmp_path)) as url:
        told = client(url.replace("https", "HTTPS")) or ""

    assert "its certificate is not trusted" in told


@contextmanager
def speaking_tls(certificate: Path) -> Generator[str]:
    """A server that greets whoever calls, and tells its version to whoever trusts it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)

    def greet() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:  # it is over
                return
            with suppress(OSError), context.wrap_socket(connection, server_side=True) as speaking:
                speaking.recv(4096)
                speaking.sendall(answer)
            connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=greet)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def own_certificate(folder: Path) -> Path:
    """A certificate that nobody has signed but its owner, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    here, today = ip_address("127.0.0.1"), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(here)]), critical=False)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = folder / "own.pem"
    path.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    return path

"""Keys to the HTTP API: shown once, kept as hashes."""

import hashlib
import hmac
import re
import secrets

from custodian_core.commands import MakeToken, RevokeToken
from custodian_core.errors import BadValue, Conflict, UnknownThing
from custodian_core.records import NewToken, Token

from . import rows
from .writing import Reading, Writing, near, new_id

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,99}")


def make_token(tx: Writing, command: MakeToken) -> NewToken:
    """A token of that name and scope opens the API; its secret is told now and never again."""
    if not _NAME.fullmatch(command.name):
        rule = "letters, digits, dots, underscores, dashes and @, 100 at most, no sign first"
        raise BadValue(f"token name '{command.name[:100]}'", f"it must be {rule}")
    if tx.one("token_named", name=command.name) is not None:
        raise Conflict(f"token {command.name}", "there is or was one of that name; choose another")
    secret = f"cust_{secrets.token_urlsafe(32)}"
    token_id = new_id()
    scope = command.scope.value
    tx.run("add_token", id=token_id, name=command.name, scope=scope, hash=hashed(secret), at=tx.at)
    tx.event("token.made", token_id, subject=command.name, after={"scope": scope})
    return NewToken(Token(token_id, command.name, command.scope, tx.now), secret)


def revoke_token(tx: Writing, command: RevokeToken) -> Token:
    """The token opens nothing any more."""
    row = tx.one("token_named", name=command.name)
    if row is None:
        known = [each["name"] for each in tx.all("tokens")]
        raise UnknownThing("token", command.name, near(command.name, known))
    if tx.changed("revoke_token", name=command.name, at=tx.at):
        tx.event("token.revoked", row["id"], subject=command.name)
    revoked = tx.one("token_named", name=command.name)
    assert revoked is not None  # noqa: S101 - it was there a statement ago
    return rows.token(revoked)


def token_of(tx: Reading, secret: str) -> Token | None:
    """The token whose secret this is, if it still opens anything."""
    wanted = hashed(secret)
    row = tx.one("token_hashed", hash=wanted)
    if row is None or not hmac.compare_digest(row["hash"], wanted):
        return None
    return rows.token(row)


def sealed(tx: Reading, token_id: str, text: str) -> tuple[Token, str] | None:
    """The token of that id, if it still opens anything, and a seal that only it gives the text."""
    row = tx.one("token_live", id=token_id)
    if row is None:
        return None
    return rows.token(row), hmac.digest(row["hash"].encode(), text.encode(), "sha256").hex()


def hashed(secret: str) -> str:
    """The secret as the database keeps it: it is random, so one round of hashing hides it."""
    return hashlib.sha256(secret.encode()).hexdigest()

"""What a forge tells by webhook: it is heard only where it shows that it knows the secret."""

import logging
from dataclasses import dataclass
from typing import Any

from anyio.to_thread import run_sync
from fastapi import Request
from fastapi.responses import Response

from custodian_core.errors import BadValue, ForgeTrouble
from custodian_core.forge import webhooks
from custodian_core.hub.tokens import hashed
from custodian_tools.deliveries import take_in

from .asking import By, HubHere, Router, SettingsHere, answered
from .errors import Rejected, documented
from .queue import WorkersHere

router = Router()
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The delivery was taken; whom it concerned, if anybody, is not told to the sender."""

    status: str = "accepted"


@router.post(
    webhooks.PATH,
    tags=["hooks"],
    status_code=202,
    response_model=None,
    responses={
        202: {"model": Accepted, "description": "taken"},
        **documented(400, 401, 403, 413, 415, 421, 422, 500, 503),
    },
)
async def hear_forge(
    request: Request, hub: HubHere, workers: WorkersHere, settings: SettingsHere, by: By
) -> Response:
    """A Gitea or Forgejo tells that something moved; it signs with CUSTODIAN_WEBHOOK_SECRET."""
    body = await request.body()
    secret = settings.webhook_secret
    if secret is None:
        log.warning("a webhook came, and CUSTODIAN_WEBHOOK_SECRET is not set")
    if secret is None or not webhooks.is_genuine(body, secret, request.headers):
        raise Rejected(401, "not_genuine", "the signature is not the forge's")
    event = webhooks.event_of(request.headers)
    delivery = webhooks.delivery_of(request.headers) or hashed(body.hex())
    heard = _read(event, delivery, body)
    if heard is None:
        _tell(event, delivery, None, "of no repo")
    else:
        url, hear = settings.forge_url, workers.hear
        repos = await run_sync(take_in, hub, url, heard, delivery, by, hear)
        slugs = ", ".join(repo.slug for repo in repos)
        _tell(event, delivery, heard.repo.full_name, slugs or "unknown here")
    return answered(Accepted(), settings, 202)


def _read(event: str, delivery: str, body: bytes) -> webhooks.Heard | None:
    """What was told; what nobody can read is refused, and in the log."""
    try:
        return webhooks.heard(event, body)
    except (BadValue, ForgeTrouble) as error:
        _tell(event, delivery, None, "unreadable")
        raise BadValue("body", "it is not what a forge tells of a repo") from error


def _tell(event: str, delivery: str, name: str | None, repo: str) -> None:
    told: dict[str, Any] = {"kind": event, "delivery": delivery, "name": name, "repo": repo}
    log.info("delivery", extra={"told": told})

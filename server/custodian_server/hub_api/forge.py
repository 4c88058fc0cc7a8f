"""Reading what forges told when they were last asked, and what was decided about their repos."""

from typing import Annotated

from fastapi import Query as FromQuery
from fastapi.responses import Response

from custodian_core.forge.records import ForgeRepo
from custodian_core.records import Inventory, LeftOut, Page

from .asking import HubHere, Name, Paged, Router, SettingsHere, answered, answers, whole

router = Router()


@router.get("/inventories/", tags=["inventories"], **answers(Page[Inventory]))
def list_inventories(hub: HubHere, settings: SettingsHere) -> Response:
    """The last inventory of each forge: when, as whom, and whether it told all."""
    return answered(whole(hub.inventories()), settings)


@router.get("/inventories/{forge}/repos", tags=["inventories"], **answers(Page[ForgeRepo]))
def list_forge_repos(
    forge: Name, wanted: Annotated[Paged, FromQuery()], hub: HubHere, settings: SettingsHere
) -> Response:
    """What the forge had when it was last asked, by full name, in pages."""
    return answered(hub.forge_repos(forge, after=wanted.after, limit=wanted.limit), settings)


@router.get("/left-out/", tags=["left-out"], **answers(Page[LeftOut]))
def list_left_out(hub: HubHere, settings: SettingsHere) -> Response:
    """Every decision that a forge's repo, which is not registered, is out of scope."""
    return answered(whole(hub.left_out()), settings)

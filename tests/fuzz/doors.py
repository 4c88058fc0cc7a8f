"""Every door there is."""

from . import machine, repos, wires

DOORS = (*repos.DOORS, *wires.DOORS, *machine.DOORS)
BY_NAME = {door.name: door for door in DOORS}

import subprocess

from custodian_core.blob import blob_id
from custodian_core.workplan.cache import Readings

from .plans import block, plan


def test_the_blob_id_is_gits() -> None:
    data = plan(block())
    git = subprocess.run(
        ["git", "hash-object", "--stdin"], input=data, capture_output=True, check=True
    )

    assert blob_id(data) == git.stdout.decode().strip()


def test_what_was_read_is_not_read_again() -> None:
    readings = Readings()
    data = plan(block())

    first = readings.read(data, "a.md")
    assert readings.read(bytes(data), "a.md") is first
    assert readings.seen(blob_id(data), "a.md") is first
    assert readings.read(data, "b.md") is not first
    assert readings.seen(blob_id(b"other"), "a.md") is None


def test_the_least_recently_used_reading_is_forgotten() -> None:
    readings = Readings(size=2)
    for name in ("a", "b"):
        readings.read(plan(name), name)
    readings.seen(blob_id(plan("a")), "a")
    readings.read(plan("c"), "c")

    assert readings.seen(blob_id(plan("a")), "a")
    assert not readings.seen(blob_id(plan("b")), "b")

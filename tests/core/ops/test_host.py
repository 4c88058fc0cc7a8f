"""What a host tells, as Linux and docker write it, and what of it is worrying."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from custodian_core.ops.host import (
    Btrfs,
    Container,
    Disk,
    Docker,
    Host,
    Memory,
    Probe,
    Usage,
    judge,
)
from custodian_core.ops.host_limits import GIB, Limits, read_size
from custodian_core.ops.host_reading import (
    read_btrfs,
    read_containers,
    read_memory,
    read_mounts,
    read_restarts,
    read_rows,
    read_usage,
)

WELL = Host(
    memory=Memory(16 * GIB, 8 * GIB, 4 * GIB, 0),
    load=(0.1, 0.2, 0.3),
    cores=2,
    disks=(Disk("/", 100 * GIB, 40 * GIB, 60 * GIB),),
    not_asked=(),
    docker=Docker(Probe.ABSENT),
    btrfs=(),
)


def codes(host: Host) -> list[tuple[str, str]]:
    return [(each.p, each.code) for each in judge(host, Limits())]


def test_memory_is_what_the_kernel_says_is_available_and_swap_what_is_used() -> None:
    text = (
        "MemTotal:  2048 kB\nMemFree: 1 kB\nMemAvailable: 1024 kB\n"
        "SwapTotal:  10 kB\nSwapFree:  4 kB\n"
    )

    assert read_memory(text) == Memory(2048 * 1024, 1024 * 1024, 10 * 1024, 6 * 1024)
    assert read_memory(text.replace("MemAvailable", "MemUnknown")) is None


def test_a_file_system_is_told_once_and_one_elsewhere_is_not_asked() -> None:
    local, elsewhere = read_mounts(
        "/dev/sda1 / ext4 rw 0 0\n/dev/sda1 /bind ext4 rw 0 0\nproc /proc proc rw 0 0\n"
        "/dev/sdb /mnt/a\\040b btrfs rw 0 0\nnas:/x /nas nfs4 rw 0 0\noverlay /x/merged overlay a\n"
    )

    assert [(each.mount, each.kind) for each in local] == [("/", "ext4"), ("/mnt/a b", "btrfs")]
    assert elsewhere == ["/nas"]


def test_sizes_are_read_as_docker_and_people_write_them() -> None:
    said = {"1.5GB": 1_500_000_000, "2MiB": 2 * 1024**2, "12kB (50%)": 12_000, "0B": 0, "80": 80}

    assert {text: read_size(text) for text in said} == said
    assert [read_size(text) for text in ("", "many", ".", "1.2.3GB", None)] == [None] * 5


def test_docker_tells_containers_by_stack_with_what_is_known_of_each() -> None:
    rows = read_rows(
        '{"Names":"db-1","State":"restarting","Status":"Restarting (1)",'
        '"Labels":"a=b,com.docker.compose.project=acme"}\n'
        '{"Names":"web-1","State":"running","Status":"Up 2 h (unhealthy)","Labels":""}\n'
    )
    assert rows is not None
    stats = [{"Name": "web-1", "MemUsage": "1.5MiB / 2GiB", "CPUPerc": "0.25%"}]
    web, db = read_containers(rows, stats, read_restarts("/db-1 7\n/odd x\n"))

    assert web == Container("web-1", "running", None, False, None, 1_572_864, 0.25)
    assert db == Container("db-1", "restarting", "acme", None, 7, None, None)


def test_healthy_is_not_a_part_of_unhealthy() -> None:
    rows = [{"Names": "a", "State": "running", "Status": "Up (healthy)"}]

    assert read_containers(rows, (), {})[0].healthy is True


def test_what_docker_keeps_is_in_bytes() -> None:
    rows = [{"Type": "Images", "TotalCount": "9", "Active": "3", "Size": "2GB"}]

    assert read_usage([{**rows[0], "Reclaimable": "1GB (50%)"}]) == (
        Usage("Images", 9, 3, 2_000_000_000, 1_000_000_000),
    )


def test_an_answer_that_is_no_json_is_none() -> None:
    assert [read_rows(text) for text in ("{", "1", "[" * 100_000)] == [None] * 3
    assert read_rows("") == []


def test_btrfs_says_what_is_free_or_failed() -> None:
    text = "Overall:\n  Device unallocated:\t\t 1024\n  Free (estimated):\t\t 2048 (min: 1)\n"

    assert read_btrfs("/", text) == Btrfs(Probe.OK, "/", None, 1024, 2048)
    assert read_btrfs("/", "odd").status is Probe.FAILED


def test_a_host_that_is_well_worries_nobody_and_docker_need_not_be_there() -> None:
    assert codes(WELL) == []


def test_worries_come_worst_first() -> None:
    short = replace(WELL, memory=Memory(16 * GIB, GIB // 4, 8 * GIB, 4 * GIB))
    full = replace(short, disks=(Disk("/", 100, 81, 19), Disk("/home", 100, 80, 20)))

    assert codes(full) == [("P0", "memory_available"), ("P0", "swap_used"), ("P1", "disk_pct")]
    (alarm,) = judge(replace(WELL, disks=full.disks), Limits())
    assert (alarm.where, alarm.evidence) == ("/", "81 > 80")


def test_much_swap_is_no_worry_where_memory_is_ample() -> None:
    assert codes(replace(WELL, memory=Memory(16 * GIB, 8 * GIB, 8 * GIB, 4 * GIB))) == []


def test_containers_and_a_silent_docker_worry() -> None:
    there = (
        Container("a", "restarting", None),
        Container("b", "running", None, healthy=False),
        Container("c", "running", None, healthy=True, restarts=6),
        Container("d", "exited", None),
    )
    usage = (Usage("Images", 1, 0, 20 * GIB, 11 * GIB),)
    docker = Docker(Probe.OK, containers=there, usage=usage)

    assert codes(replace(WELL, docker=docker)) == [
        ("P2", "container_restarting"),
        ("P2", "container_unhealthy"),
        ("P3", "container_restarts"),
        ("P4", "docker_reclaimable"),
    ]
    assert codes(replace(WELL, docker=Docker(Probe.TIMEOUT))) == [("P2", "docker_silent")]
    assert codes(replace(WELL, docker=Docker(Probe.DENIED))) == []


def test_of_what_is_not_known_nothing_is_said() -> None:
    assert codes(replace(WELL, memory=None, disks=(), load=None)) == []


def test_a_disk_without_room_for_anybody_is_no_division_by_zero() -> None:
    assert Disk("/", 0, 0, 0).pct == 0


@given(st.text(max_size=200))
def test_nothing_that_a_host_writes_ends_the_reading(text: str) -> None:
    for read in (read_memory, read_mounts, read_rows, read_restarts, read_size):
        read(text)
    read_btrfs("/", text)
    rows = [{"Names": text, "Labels": text, "Status": text, "Size": text, "TotalCount": text}]
    assert len(read_containers(rows, rows, {})) == len(read_usage(rows)) == 1

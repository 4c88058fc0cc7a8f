import socket
from pathlib import Path

import pytest

from custodian_core.errors import BadValue
from custodian_core.settings import Settings, load


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Where config.toml lies, in a folder that only this test knows."""
    path = tmp_path / "config/custodian/config.toml"
    path.parent.mkdir(parents=True)
    return path


def loaded(tmp_path: Path, **env: str) -> Settings:
    return load({"XDG_CONFIG_HOME": str(tmp_path / "config"), **env}, tmp_path)


def test_with_nothing_said_there_are_defaults(tmp_path: Path) -> None:
    settings = loaded(tmp_path)

    assert settings.home == Path("~/.local/share/custodian").expanduser()
    assert settings.host == socket.gethostname()
    assert settings.roots == (Path.home().resolve(),)
    assert (settings.hub_url, settings.hub_token, settings.database_url) == (None, None, None)
    assert set(settings.sources.values()) == {"default"}


def test_the_data_folder_follows_xdg(tmp_path: Path) -> None:
    assert loaded(tmp_path, XDG_DATA_HOME="/data").home == Path("/data/custodian")


def test_the_environment_wins_over_env_files_and_those_over_the_config(
    tmp_path: Path, config: Path
) -> None:
    config.write_text(
        'custodian_host = "a"\ncustodian_hub_url = "http://a"\ngitea_url = "http://a"\n'
    )
    (tmp_path / ".env").write_text("CUSTODIAN_HOST=b\nCUSTODIAN_HUB_URL=http://b\n")
    settings = loaded(tmp_path, CUSTODIAN_HOST="c")

    told = [settings.values[name] for name in ("CUSTODIAN_HOST", "CUSTODIAN_HUB_URL", "GITEA_URL")]
    assert told == ["c", "http://b", "http://a"]
    assert settings.sources["CUSTODIAN_HOST"] == "environment"
    assert settings.sources["CUSTODIAN_HUB_URL"] == str(tmp_path / ".env")
    assert settings.sources["GITEA_URL"] == str(config)


def test_an_empty_value_is_none(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CUSTODIAN_HUB_URL=http://b\nCUSTODIAN_HOST=\n")
    settings = loaded(tmp_path, CUSTODIAN_HUB_URL="")

    assert settings.hub_url == "http://b"
    assert settings.sources["CUSTODIAN_HOST"] == "default"


def test_an_env_file_may_quote_export_and_comment(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "# CUSTODIAN_HOST=no\nexport CUSTODIAN_HOST='laptop'\nGITEA_TOKEN = \"s=t\" \nnonsense\n"
    )
    settings = loaded(tmp_path)

    assert (settings.host, settings.values["GITEA_TOKEN"]) == ("laptop", "s=t")


def test_other_peoples_names_in_an_env_file_are_their_own(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DJANGO_SECRET=x\nPATH=/nowhere\n")

    assert "DJANGO_SECRET" not in loaded(tmp_path).values


def test_a_setting_that_nobody_knows_is_refused_by_name(tmp_path: Path, config: Path) -> None:
    (tmp_path / ".env").write_text("\nCUSTODIAN_HOSTS=x\n")
    with pytest.raises(BadValue, match=r"\.env:2: unknown setting CUSTODIAN_HOSTS"):
        loaded(tmp_path)

    config.write_text('custodian_hosts = "x"\n')
    with pytest.raises(
        BadValue, match="unknown settings custodian_hosts; there are custodian_home,"
    ):
        loaded(tmp_path)


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("CUSTODIAN_DATABSE_URL", "CUSTODIAN_DATABASE_URL"),
        ("CUSTODIAN_ROOT", "CUSTODIAN_ROOTS"),
        ("CUSTODIAN_TOOLSET", "CUSTODIAN_TOOLSETS"),
        ("custodian_hub_url", "CUSTODIAN_HUB_URL"),
    ],
)
def test_a_setting_that_the_environment_misspells_is_refused_with_what_was_meant(
    tmp_path: Path, misspelt: str, meant: str
) -> None:
    with pytest.raises(BadValue, match=f"^{misspelt}: no setting is called so, but {meant} is$"):
        loaded(tmp_path, **{misspelt: "x"})


def test_names_in_the_environment_that_no_setting_is_like_are_other_peoples(tmp_path: Path) -> None:
    theirs = {
        "CUSTODIAN_AGENT": "ada",
        # what Kubernetes says of services called custodian and custodian-hub
        "CUSTODIAN_PORT": "tcp://10.0.0.7:8000",
        "CUSTODIAN_PORT_8000_TCP_ADDR": "10.0.0.7",
        "CUSTODIAN_SERVICE_HOST": "10.0.0.7",
        "CUSTODIAN_HUB_PORT": "tcp://10.0.0.8:8000",
        "CUSTODIAN_HUB_SERVICE_HOST": "10.0.0.8",
        "CUSTODIAN_HUB_SERVICE_PORT": "8000",
        "CUSTODIAN_TEST_GITEA_URL": "http://git.example",
    }

    assert set(loaded(tmp_path, **theirs).sources.values()) == {"default"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"custodian_host = [", "it cannot be read"),
        (b'custodian_host = "\xff"', "it cannot be read"),
        (b"custodian_host = 1", "custodian_host must be text in quotes"),
    ],
)
def test_a_config_that_cannot_be_used_is_told(
    tmp_path: Path, config: Path, text: bytes, why: str
) -> None:
    config.write_bytes(text)
    with pytest.raises(BadValue, match=why):
        loaded(tmp_path)


def test_an_env_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"CUSTODIAN_HOST=\xff")
    with pytest.raises(BadValue, match="it cannot be read"):
        loaded(tmp_path)


def test_roots_are_folders_with_their_links_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    settings = loaded(tmp_path, CUSTODIAN_ROOTS=f"{tmp_path}/link::/srv/")

    assert settings.roots == (tmp_path.resolve() / "real", Path("/srv").resolve())


def test_the_forges_token_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-file\n\nnot this\n")
    (tmp_path / ".env").write_text(f"GITEA_TOKEN_FILE={tmp_path}/token\n")

    assert loaded(tmp_path).forge_token == "from-file"  # noqa: S105 - made up
    assert loaded(tmp_path, GITEA_TOKEN="said").forge_token == "said"  # noqa: S105, S106 - as well
    assert loaded(tmp_path, GITEA_URL="http://g").forge_url == "http://g"


@pytest.mark.parametrize(
    ("held", "why"),
    [(None, "No such file"), (b" \n", "is empty; write the token into it"), (b"\xff", "not text")],
)
def test_a_token_file_that_gives_no_token_is_told(
    tmp_path: Path, held: bytes | None, why: str
) -> None:
    path = tmp_path / "token"
    if held is not None:
        path.write_bytes(held)
    settings = loaded(tmp_path, GITEA_TOKEN_FILE=str(path))

    with pytest.raises(BadValue, match=f"GITEA_TOKEN_FILE: .*token.* {why}"):
        _ = settings.forge_token


def test_without_a_token_there_is_none(tmp_path: Path) -> None:
    settings = loaded(tmp_path)

    assert (settings.forge_url, settings.forge_token, settings.forge_token_file) == (None,) * 3


def test_a_secret_that_signs_cannot_be_a_word(tmp_path: Path) -> None:
    with pytest.raises(
        BadValue, match="CUSTODIAN_WEBHOOK_SECRET: it needs 16 characters; make"
    ) as told:
        _ = loaded(tmp_path, CUSTODIAN_WEBHOOK_SECRET="hunter2").webhook_secret  # noqa: S106

    assert "hunter2" not in str(told.value)
    assert loaded(tmp_path).webhook_secret is None


def test_the_example_of_an_env_file_is_read_as_it_stands(tmp_path: Path) -> None:
    example = Path(__file__).parents[2] / ".env.example"
    (tmp_path / ".env").write_text(example.read_text())

    assert loaded(tmp_path).forge_url == "http://gitea.example:3000"
    assert loaded(tmp_path).forge_token is None

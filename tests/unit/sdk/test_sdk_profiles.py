from pathlib import Path

import pytest

import strongroom
from strongroom import ConfigurationError, Profile


def test_a_written_profile_is_read_back_and_private(tmp_path: Path) -> None:
    profile = Profile(
        target="127.0.0.1:7443", tenant="acme", token_file=str(tmp_path / 'to"ken'), ca_file=str(tmp_path / "ca.pem")
    )

    path = strongroom.write_profile(profile, directory=tmp_path / "conf")

    assert strongroom.load_profile(directory=tmp_path / "conf", environ={}) == profile
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0
    assert [item.name for item in path.parent.iterdir()] == ["config.toml"]


def test_other_profiles_are_kept(tmp_path: Path) -> None:
    strongroom.write_profile(Profile(target="a:1"), name="one", directory=tmp_path)
    strongroom.write_profile(Profile(target="b:2"), name="two", directory=tmp_path, make_default=False)

    assert strongroom.load_profile(directory=tmp_path, environ={}).target == "a:1"
    assert strongroom.load_profile("two", directory=tmp_path, environ={}).target == "b:2"


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    strongroom.write_profile(Profile(target="a:1"), directory=tmp_path)
    strongroom.write_profile(Profile(target="b:2"), name="two", directory=tmp_path, make_default=False)
    environ = {"STRONGROOM_CONFIG_DIR": str(tmp_path), "STRONGROOM_PROFILE": "two", "STRONGROOM_TENANT": "other"}

    assert strongroom.load_profile(environ=environ) == Profile(target="b:2", tenant="other")
    assert strongroom.load_profile(environ={**environ, "STRONGROOM_TARGET": "c:3"}).target == "c:3"


def test_relative_files_lie_beside_the_profile(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[profiles.default]\ntarget = "a:1"\ntoken_file = "token"\n')

    assert strongroom.load_profile(directory=tmp_path, environ={}).token_file == str(tmp_path / "token")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "No vault is named"),
        ("profiles = [", "not valid TOML"),
        ('[profiles.default]\ntarget = "a:1"\nport = 3\n', "unknown key `port`"),
        ("[profiles.default]\ntarget = 3\n", "must be a str"),
        ('[profiles.default]\ntarget = "vault.example:7443"\ninsecure = true\n', "only allowed for a vault on this machine"),
        ('[profiles.default]\ntarget = "a:1"\nclient_cert_file = "x"\n', "belong together"),
    ],
)
def test_a_profile_that_cannot_be_used_says_why(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "config.toml").write_text(text)

    with pytest.raises(ConfigurationError, match=said):
        strongroom.load_profile(directory=tmp_path, environ={})


def test_an_unknown_profile_names_the_known_ones(tmp_path: Path) -> None:
    strongroom.write_profile(Profile(target="a:1"), name="one", directory=tmp_path)

    with pytest.raises(ConfigurationError, match="Known profiles: one"):
        strongroom.load_profile("tow", directory=tmp_path, environ={})


def test_a_token_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("srt_abc\n")
    token.chmod(0o644)
    profile = Profile(target="127.0.0.1:1", insecure=True, token_file=str(token))

    with pytest.raises(ConfigurationError, match="can be read by others"):
        strongroom.connect(profile)
    token.chmod(0o600)
    strongroom.connect(profile).close()


@pytest.mark.parametrize("target", ["127.0.0.1:1", "[::1]:1", "localhost:1", "127.8.8.8:1", "unix:/run/x"])
def test_plain_text_is_spoken_to_loopback_only(target: str) -> None:
    strongroom.connect(Profile(target=target, insecure=True)).close()
    with pytest.raises(ConfigurationError):
        strongroom.connect(Profile(target="127.0.0.1.example:1", insecure=True))

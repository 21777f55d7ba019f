"""Whatever stands in a configuration, in the environment or in a secrets folder: settings, or one ConfigurationError."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault_server.config import Settings, load_settings, settings_problems
from vault_server.errors import ConfigurationError

NAMES = ["address", "threads", "plaintext", "url", "root_key_file", "recovery_key_files", "folder", "log_level", "nothing"]
SECTIONS = ["server", "tls", "storage", "keys", "backup", "records", "nothing"]
VALUES = st.one_of(
    st.integers().map(str), st.text(max_size=20).map(repr), st.sampled_from(["true", "[]", "['a']", "1.5", "{}"])
)
LINES = st.builds(
    lambda section, name, value: f"[{section}]\n{name} = {value}", st.sampled_from(SECTIONS), st.sampled_from(NAMES), VALUES
)


def loaded(content: bytes, environ: dict[str, str] | None = None) -> Settings | None:
    """The settings, or None if they were refused in the one way there is."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.toml"
        path.write_bytes(content)
        try:
            found = load_settings(path, environ or {})
        except ConfigurationError:
            return None
        settings_problems(found)
        return found


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text().map(str.encode), st.binary(max_size=300), LINES.map(lambda text: text.encode("utf-8", "replace"))))
def test_any_text_gives_settings_or_a_configuration_error(content: bytes) -> None:
    loaded(content)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([f"STRONGROOM_{s}_{n}".upper() for s in SECTIONS for n in NAMES]), st.text(max_size=30))
def test_any_environment_gives_settings_or_a_configuration_error(name: str, value: str) -> None:
    loaded(b"", {name: value})


@pytest.mark.parametrize(
    "content",
    [
        b"a = " + b"[" * 5000,
        b"a = " + b"9" * 9000,
        b"[server]\nthreads = '\xc2\xb2'",
        b"\xff\xfe",
        b"[server]\nthreads = -1",
        b"server = 3",
    ],
)
def test_text_that_breaks_parsers_is_a_configuration_error(content: bytes) -> None:
    assert loaded(content) is None


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("threads = 0", "server.threads"),
        ("calls_per_principal = 0", "server.calls_per_principal"),
        ("log_level = 'loud'", "server.log_level"),
        ("address = '127.0.0.1:70000'", "server.address"),
        ("address = '127.0.0.1'", "server.address"),
        ("home_tenant = 'A B'", "server.home_tenant"),
        ("address = '0.0.0.0:1'\nplaintext = true", "server.plaintext"),
    ],
)
def test_setting_that_cannot_work_is_named(line: str, name: str) -> None:
    found = loaded(f"[server]\n{line}".encode())
    assert found is not None
    assert [one for one in settings_problems(found) if one.startswith(name)]


def test_address_of_the_database_is_never_printed() -> None:
    found = loaded(b"[storage]\nurl = 'postgresql://me:hunter2@db/vault'")
    assert found is not None
    assert "hunter2" not in repr(found)

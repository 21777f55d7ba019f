"""The example configuration is the whole of the settings, and says what the program does by itself."""

import dataclasses
import itertools
import re
import shutil
import tomllib
from pathlib import Path

from vault_server.config import Settings, load_settings
from vault_server.ports.secret import Secret

EXAMPLE = Path(__file__).resolve().parents[3] / "deploy" / "config" / "config.toml"


def _names(settings: Settings) -> set[str]:
    sections = {section.name: getattr(settings, section.name) for section in dataclasses.fields(settings)}
    return {f"{name}.{one.name}" for name, section in sections.items() for one in dataclasses.fields(section)}


def _values(settings: Settings) -> dict[str, object]:
    found: dict[str, object] = {}
    for name in _names(settings):
        section, _, setting = name.partition(".")
        value = getattr(getattr(settings, section), setting)
        found[name] = value.reveal_text() if isinstance(value, Secret) else value
    return found


def test_the_example_names_every_setting_and_no_other() -> None:
    document = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))

    given = {f"{section}.{name}" for section, table in document.items() for name in table}

    assert given == _names(Settings())


def test_the_example_is_the_defaults(tmp_path: Path) -> None:
    shutil.copy(EXAMPLE, tmp_path / "config.toml")
    (tmp_path / "empty.toml").write_text("")

    assert _values(load_settings(tmp_path / "config.toml", {})) == _values(load_settings(tmp_path / "empty.toml", {}))


def test_the_example_has_a_sentence_above_every_setting_or_the_one_before_it() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()

    bare = [
        line
        for above, line in itertools.pairwise(lines)
        if re.match(r"\w+ = ", line) and not above.startswith("#") and not above.startswith("certificate_file")
    ]

    assert bare == []

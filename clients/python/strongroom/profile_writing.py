"""Write a profile into `config.toml`: private, atomic, other profiles kept."""

from __future__ import annotations

import os
import secrets
from dataclasses import fields
from pathlib import Path

from strongroom.errors import ConfigurationError
from strongroom.profiles import Profile, checked, config_dir, read_config


def write_profile(profile: Profile, *, name: str = "default", directory: Path | None = None, make_default: bool = True) -> Path:
    """Put `profile` into the file under `name` and return the file's path.

    Args:
        profile: what to write; it is checked first.
        name: what it is called; a profile of that name is replaced, others are kept.
        directory: folder of the file; `STRONGROOM_CONFIG_DIR` or `~/.config/strongroom` if not given.
        make_default: whether programs that name no profile use this one.

    Raises:
        ConfigurationError: the profile cannot be used, or the file that is there is broken.
    """
    folder = directory or config_dir()
    path = folder / "config.toml"
    checked(profile, path)
    document = read_config(path)
    profiles = document.get("profiles", {})
    if not isinstance(profiles, dict):
        raise ConfigurationError(f"`profiles` in {path} is not a table.", hint="Move the file away and try again.")
    profiles[name] = {field.name: getattr(profile, field.name) for field in fields(Profile) if _is_set(profile, field.name)}
    default = name if make_default else str(document.get("default_profile", name))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(path, _toml(default, profiles).encode())
    return path


def write_private(path: Path, data: bytes) -> None:
    """Replace `path` by `data`, readable by its owner only, whole or not at all."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _is_set(profile: Profile, name: str) -> bool:
    return name in {"target", "tenant"} or bool(getattr(profile, name))


def _toml(default: str, profiles: dict[str, dict[str, object]]) -> str:
    lines = [f"default_profile = {_quoted(default)}"]
    for name, table in profiles.items():
        lines += ["", f"[profiles.{_quoted(name)}]", *(f"{key} = {_scalar(value)}" for key, value in table.items())]
    return "\n".join(lines) + "\n"


def _scalar(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else _quoted(str(value))


def _quoted(text: str) -> str:
    """Return a TOML basic string."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(f"\\u{ord(char):04x}" if ord(char) < 0x20 or ord(char) == 0x7F else char for char in plain) + '"'  # noqa: PLR2004 - control characters

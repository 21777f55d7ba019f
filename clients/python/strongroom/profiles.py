"""Where a client finds its vault: profiles in `config.toml`, overridden by the environment.

Rules: the file holds paths, never secrets; a token or key file that others can read is refused; plain text is spoken to
loopback only; writing is atomic and private. The format is fixed in docs/guide/sdk.md.
"""

from __future__ import annotations

import ipaddress
import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

from strongroom.errors import ConfigurationError
from strongroom.secret import Secret

CONFIG_DIR_VARIABLE = "STRONGROOM_CONFIG_DIR"
_OVERRIDES = {"STRONGROOM_TARGET": "target", "STRONGROOM_TENANT": "tenant", "STRONGROOM_TOKEN_FILE": "token_file"}
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_LONGEST_TOKEN = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One way to reach one vault; the names are those of the file."""

    target: str = ""
    tenant: str = "main"
    token_file: str = ""
    ca_file: str = ""
    client_cert_file: str = ""
    client_key_file: str = ""
    insecure: bool = False
    server_name: str = ""


def config_dir(environ: Mapping[str, str] | None = None) -> Path:
    """Return the folder of profiles: `STRONGROOM_CONFIG_DIR`, else `~/.config/strongroom`."""
    given = (os.environ if environ is None else environ).get(CONFIG_DIR_VARIABLE, "")
    return Path(given).expanduser() if given else Path.home() / ".config" / "strongroom"


def load_profile(name: str = "", *, directory: Path | None = None, environ: Mapping[str, str] | None = None) -> Profile:
    """Return the named profile, or the default one, with the environment's overrides applied and checked.

    Raises:
        ConfigurationError: no such profile, a broken file, no target, or plain text to a vault elsewhere.
    """
    env = os.environ if environ is None else environ
    folder = directory or config_dir(env)
    path = folder / "config.toml"
    document = read_config(path)
    wanted = name or env.get("STRONGROOM_PROFILE", "")
    profile = _chosen(document, wanted, path)
    overrides = {field: env[variable] for variable, field in _OVERRIDES.items() if env.get(variable)}
    return checked(_absolute(_overridden(profile, overrides), folder), path)


def read_config(path: Path) -> dict[str, object]:
    """Return the parsed file, empty when there is none."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not valid TOML: {error}.", hint="See docs/guide/sdk.md for the format.") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.", hint="Check its owner and permissions.") from None


def read_token(path: Path) -> Secret:
    """Return the token in `path`.

    Raises:
        ConfigurationError: missing, empty, or readable by others.
    """
    require_private(path, what="token file")
    text = path.read_text(encoding="utf-8", errors="replace").strip()
    if not text or len(text) > _LONGEST_TOKEN or any(not 0x20 < ord(char) < 0x7F for char in text):  # noqa: PLR2004 - printable ASCII
        raise ConfigurationError(f"{path} holds no token.", hint="Issue one with `strongroom tokens issue`.")
    return Secret(text)


def require_private(path: Path, *, what: str) -> None:
    """Raise unless `path` is a file that only its owner can read."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise ConfigurationError(f"The {what} {path} cannot be read: {error.strerror}.") from None
    if not stat.S_ISREG(mode):
        raise ConfigurationError(f"The {what} {path} is not a file.")
    if os.name == "posix" and mode & _OTHERS:
        raise ConfigurationError(
            f"The {what} {path} can be read by others (mode {stat.S_IMODE(mode):04o}).",
            hint=f"Run `chmod 600 {path}`; if others may have seen it, revoke the credential.",
            reason="FILE_NOT_PRIVATE",
        )


def is_loopback(target: str) -> bool:
    """Whether `target` (host:port, or unix:path) can only be this machine."""
    if target.startswith("unix:"):
        return True
    host = target.removeprefix("dns:///").rpartition(":")[0].strip("[]")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def checked(profile: Profile, path: Path | None = None) -> Profile:
    """Return `profile` if it can be used.

    Raises:
        ConfigurationError: it has no target, half a client certificate, or plain text to another machine.
    """
    if not profile.target:
        place = f" in {path}" if path is not None else ""
        raise ConfigurationError(
            f"No vault is named{place}.",
            hint="Start one with `strongroom-server dev --data DIR`, write a profile, or set STRONGROOM_TARGET.",
            reason="NO_TARGET",
        )
    if profile.insecure and not is_loopback(profile.target):
        raise ConfigurationError(
            "`insecure` is only allowed for a vault on this machine.",
            hint="Set `ca_file` and drop `insecure`.",
            reason="INSECURE_TARGET",
        )
    if bool(profile.client_cert_file) != bool(profile.client_key_file):
        raise ConfigurationError("`client_cert_file` and `client_key_file` belong together; one is missing.")
    return profile


def _chosen(document: Mapping[str, object], wanted: str, path: Path) -> Profile:
    name = wanted or str(document.get("default_profile", "default"))
    profiles = document.get("profiles", {})
    table = profiles.get(name) if isinstance(profiles, dict) else None
    if isinstance(table, dict):
        return _parsed(table, name, path)
    if wanted:
        known = ", ".join(sorted(profiles)) if isinstance(profiles, dict) and profiles else "none"
        raise ConfigurationError(
            f"There is no profile `{wanted}` in {path}.", hint=f"Known profiles: {known}.", reason="UNKNOWN_PROFILE"
        )
    return Profile()


def _parsed(table: Mapping[str, object], name: str, path: Path) -> Profile:
    known = {field.name: type(field.default) for field in fields(Profile)}
    for key, value in table.items():
        if key not in known:
            raise ConfigurationError(
                f"Profile `{name}` in {path} has an unknown key `{key}`.", hint=f"Known: {', '.join(known)}."
            )
        if type(value) is not known[key]:
            raise ConfigurationError(f"`{key}` of profile `{name}` in {path} must be a {known[key].__name__}.")
    return replace(Profile(), **table)  # type: ignore[arg-type]  # every key and type was checked above


def _overridden(profile: Profile, overrides: Mapping[str, str]) -> Profile:
    return replace(profile, **overrides)  # type: ignore[arg-type]  # the keys are text fields of Profile


def _absolute(profile: Profile, folder: Path) -> Profile:
    """Relative paths in a profile are relative to the folder that it stands in."""
    names = ("token_file", "ca_file", "client_cert_file", "client_key_file")
    given = {name: getattr(profile, name) for name in names}
    resolved = {name: str(folder / Path(value).expanduser()) for name, value in given.items() if value}
    return replace(profile, **resolved)  # type: ignore[arg-type]  # the keys are text fields of Profile

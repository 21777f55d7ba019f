"""Typed settings: one TOML file, overridden by the environment, secrets from files. Refuses what it does not know.

Order, later wins: defaults, `config.toml`, `STRONGROOM_<SECTION>_<NAME>` variables, files in the secrets directory. Paths are
relative to the file. Nothing secret stands in the file: the passphrase is a file of its own, and a database URL with a
password belongs into the secrets directory as `storage_url`. The repr of settings is safe to print.
"""

from __future__ import annotations

import dataclasses
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from vault_server.errors import ConfigurationError
from vault_server.ports.secret import Secret

T = TypeVar("T")
ENV_PREFIX = "STRONGROOM_"
MAX_PORT = 65535
MAX_BULK_PROCESSES = 16
LOG_LEVELS = ("debug", "info", "warning", "error", "critical")


def default_bulk_processes(cores: int) -> int:
    """One where a second core could do its work."""
    return 1 if cores > 1 else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Section `[server]`.

    Attributes:
        address: host:port to listen on.
        threads: calls that run at once, streams included.
        calls_per_principal: unary calls that one principal may have in flight.
        streams_per_principal: streams that one principal may have open.
        drain_s: how long calls in flight may take to end when the server stops.
        home_tenant: the tenant whose operators run the vault itself.
        plaintext: serve without TLS; allowed on loopback only.
        bulk_processes: processes that share the work of bulk reads and imports with the server's own; 0 for none.
    """

    address: str = "127.0.0.1:7443"
    threads: int = 64
    calls_per_principal: int = 48
    streams_per_principal: int = 16
    max_connection_age_s: int = 3600
    drain_s: int = 20
    home_tenant: str = "main"
    plaintext: bool = False
    reflection: bool = False
    multi_process: bool = False
    bulk_processes: int = field(default_factory=lambda: default_bulk_processes(os.cpu_count() or 1))
    log_level: str = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSettings:
    """Section `[tls]`: PEM files of the server, and the authority that signs client certificates.

    Attributes:
        require_client_certificate: ask every client for a certificate of that authority (mTLS) and refuse who has none. gRPC
            cannot ask without requiring, so without this nobody is known by a certificate and everybody brings a token.
    """

    certificate_file: Path = Path("tls/server.crt.pem")
    key_file: Path = Path("tls/server.key.pem")
    client_ca_file: Path = Path("tls/ca.crt.pem")
    require_client_certificate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageSettings:
    """Section `[storage]`. `url` is secret, because it may hold a password."""

    url: Secret = field(default_factory=lambda: Secret.of_text("sqlite:///data/vault.db"))
    pool_size: int = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySettings:
    """Section `[keys]`.

    Attributes:
        recovery_key_files: public halves of offline keys that can open every backup.
        old_root_key_files: root keys before the present one, as long as a rotation runs.
        old_signing_key_files: public halves of signing keys before the present one.
        passphrase_file: opens root and signing key.
    """

    root_key_file: Path = Path("keys/root.pem")
    signing_key_file: Path = Path("keys/signing.pem")
    recovery_key_files: tuple[Path, ...] = (Path("keys/recovery.pub.pem"),)
    old_root_key_files: tuple[Path, ...] = ()
    old_signing_key_files: tuple[Path, ...] = ()
    passphrase_file: Path = Path("secrets/passphrase")


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupSettings:
    """Section `[backup]`: a folder on another disk, if it can be."""

    folder: Path = Path("backups")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSettings:
    """Section `[records]`: `default_region` is the ISO country of phone numbers without a country code."""

    default_region: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisSettings:
    """Section `[analysis]`.

    Attributes:
        keep_runs: of each step, the results of so many newest runs are kept, for undo and comparison; 0 keeps all.
    """

    keep_runs: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that an operator may set."""

    server: ServerSettings = field(default_factory=ServerSettings)
    tls: TlsSettings = field(default_factory=TlsSettings)
    storage: StorageSettings = field(default_factory=StorageSettings)
    keys: KeySettings = field(default_factory=KeySettings)
    backup: BackupSettings = field(default_factory=BackupSettings)
    records: RecordSettings = field(default_factory=RecordSettings)
    analysis: AnalysisSettings = field(default_factory=AnalysisSettings)


def load_settings(path: Path, environ: Mapping[str, str], *, secrets_dir: Path | None = None) -> Settings:
    """Settings from a file and what overrides it.

    Raises:
        ConfigurationError: the file is missing or no TOML, or a name or a value in it is not right; one line that says where.
    """
    document = _read(path)
    base = path.resolve().parent
    hints = get_type_hints(Settings)
    unknown = sorted(set(document) - set(hints))
    if unknown:
        raise ConfigurationError(f"{path} has an unknown section [{unknown[0]}]", hint=f"known: {', '.join(hints)}")
    sections = {}
    for name, kind in hints.items():
        table = document.get(name, {})
        if not isinstance(table, dict):
            raise ConfigurationError(f"{name} in {path} must be a section")
        given = {**table, **_from_environment(name, kind, environ), **_from_secrets(name, kind, secrets_dir)}
        sections[name] = _section(kind, name, given, base, path)
    return Settings(**sections)


def settings_problems(settings: Settings) -> list[str]:
    """What would keep the vault from starting and can be seen without opening keys; one line each."""
    files = {
        "keys.root_key_file": settings.keys.root_key_file,
        "keys.signing_key_file": settings.keys.signing_key_file,
        "keys.passphrase_file": settings.keys.passphrase_file,
        **{f"keys.recovery_key_files[{n}]": one for n, one in enumerate(settings.keys.recovery_key_files)},
    }
    if not settings.server.plaintext:
        files["tls.certificate_file"] = settings.tls.certificate_file
        files["tls.key_file"] = settings.tls.key_file
        files["tls.client_ca_file"] = settings.tls.client_ca_file
    problems = [f"{name}: {path} does not exist" for name, path in files.items() if not path.exists()]
    host = settings.server.address.rpartition(":")[0].strip("[]")
    if settings.server.plaintext and host not in {"127.0.0.1", "::1", "localhost"}:
        problems.append("server.plaintext: allowed on a loopback address only; use TLS")
    port = settings.server.address.rpartition(":")[2]
    if not host or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > MAX_PORT:
        problems.append("server.address: must be host:port")
    problems += [
        f"{name}: must be at least 1"
        for name, value in (
            ("server.threads", settings.server.threads),
            ("server.calls_per_principal", settings.server.calls_per_principal),
            ("server.streams_per_principal", settings.server.streams_per_principal),
            ("server.max_connection_age_s", settings.server.max_connection_age_s),
            ("storage.pool_size", settings.storage.pool_size),
        )
        if value < 1
    ]
    if not 0 <= settings.server.bulk_processes <= MAX_BULK_PROCESSES:
        problems.append(f"server.bulk_processes: must be 0 to {MAX_BULK_PROCESSES}")
    if settings.server.log_level.lower() not in LOG_LEVELS:
        problems.append(f"server.log_level: must be one of {', '.join(LOG_LEVELS)}")
    if not re.fullmatch(r"[a-z][a-z0-9_.-]{0,62}", settings.server.home_tenant):
        problems.append("server.home_tenant: is no id of a tenant")
    if settings.analysis.keep_runs < 0:
        problems.append("analysis.keep_runs: must be 0 or more")
    return problems


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(f"{path} does not exist", hint="make one with `strongroom-server init --data DIR`") from None
    except (ValueError, RecursionError) as error:  # of TOML, of UTF-8, of numbers too long, of brackets too deep
        where = f": {error}" if isinstance(error, tomllib.TOMLDecodeError) else ""
        raise ConfigurationError(f"{path} is not TOML{where}") from None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None


def _from_environment(section: str, kind: type, environ: Mapping[str, str]) -> dict[str, str]:
    names = [one.name for one in dataclasses.fields(kind)]
    keys = {name: f"{ENV_PREFIX}{section}_{name}".upper() for name in names}
    return {name: environ[key] for name, key in keys.items() if key in environ}


def _from_secrets(section: str, kind: type, folder: Path | None) -> dict[str, str]:
    if folder is None:
        return {}
    files = {one.name: folder / f"{section}_{one.name}" for one in dataclasses.fields(kind)}
    try:
        return {name: file.read_text(encoding="utf-8").strip() for name, file in files.items() if file.is_file()}
    except (OSError, ValueError):
        raise ConfigurationError(f"a file in {folder} cannot be read as text") from None


def _section(kind: type[T], name: str, given: Mapping[str, Any], base: Path, path: Path) -> T:
    hints = get_type_hints(kind)
    unknown = sorted(set(given) - set(hints))
    if unknown:
        raise ConfigurationError(f"[{name}] in {path} has an unknown name {unknown[0]}", hint=f"known: {', '.join(hints)}")
    values = {key: _value(hints[key], value, f"{name}.{key}") for key, value in given.items()}
    made = kind(**values)
    return dataclasses.replace(made, **_absolute(made, base))  # type: ignore[type-var]  # every section is a dataclass


def _absolute(section: object, base: Path) -> dict[str, Any]:
    """Paths, and the file of a SQLite URL, as seen from the configuration file."""
    found: dict[str, Any] = {}
    for one in dataclasses.fields(section):  # type: ignore[arg-type]  # every section is a dataclass
        value = getattr(section, one.name)
        if isinstance(value, Path):
            found[one.name] = base / value
        elif isinstance(value, tuple):
            found[one.name] = tuple(base / item for item in value)
        elif isinstance(value, Secret):
            found[one.name] = _absolute_url(value, base)
    return found


def _absolute_url(url: Secret, base: Path) -> Secret:
    text = url.reveal_text()
    if text.startswith("sqlite:///") and not text.startswith("sqlite:////"):
        return Secret.of_text(f"sqlite:///{base / text.removeprefix('sqlite:///')}")
    return url


def _value(kind: Any, value: Any, where: str) -> Any:
    """A setting of its declared type; the environment gives text for every type."""
    if kind is Secret and isinstance(value, str):
        return Secret.of_text(value)
    if kind is Path and isinstance(value, str):
        return Path(value)
    if kind == tuple[Path, ...]:
        items = value.split(":") if isinstance(value, str) else value
        if isinstance(items, list) and all(isinstance(item, str) for item in items):
            return tuple(Path(item) for item in items if item)
    if kind is bool and str(value).lower() in {"true", "false"}:
        return str(value).lower() == "true"
    if kind is int and not isinstance(value, bool) and re.fullmatch(r"[0-9]{1,9}", str(value)):
        return int(value)
    if kind is str and isinstance(value, str):
        return value
    raise ConfigurationError(
        f"{where} has a value of the wrong type", hint=f"it must be a {getattr(kind, '__name__', 'list of paths')}"
    )

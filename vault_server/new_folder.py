"""Makes the files of a new vault: configuration, keys, passphrases, certificates. `provisioning` makes its tenants.

Part of the composition root: it sees adapters, because making a vault is wiring too. Everything is made only where it is
missing, so that it can be run again; nothing is ever overwritten. Imports little, because a first start makes keys while the
rest of the program loads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from vault_server.crypto import key_files
from vault_server.crypto.private_files import make_private_folder, write_private
from vault_server.crypto.rsa_keys import RsaRootKey, RsaSigner
from vault_server.ports.runtime import Runtime
from vault_server.ports.secret import Secret
from vault_server.usecases import names

FOLDERS = ("keys", "secrets", "tls", "tokens", "data", "backups")
CONFIG_TEXT = """\
# Strongroom vault. Every setting: `strongroom-server config check --show`. Paths are relative to this file.
[server]
address = "127.0.0.1:7443"
home_tenant = "{tenant}"

[storage]
url = "sqlite:///data/vault.db"

[backup]
# Better on another disk or machine.
folder = "backups"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeFiles:
    """What was made, for people: one line each."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeKeys(MadeFiles):
    """Keys that were made, still open, by file: who goes on at once need not stretch the passphrase again to read them."""

    roots: Mapping[Path, RsaRootKey]
    signers: Mapping[Path, RsaSigner]


def make_folder(folder: Path, *, tenant: str, runtime: Runtime) -> MadeFiles:
    """Configuration, keys, passphrases and certificates in `folder`, each only where it is missing."""
    made = (make_configuration(folder, tenant), make_keys(folder), make_certificates(folder, runtime))
    return MadeFiles(lines=tuple(line for each in made for line in each.lines))


def make_configuration(folder: Path, tenant: str) -> MadeFiles:
    """The folders of a vault and its configuration file."""
    names.require_slug(tenant, "tenant")
    for one in (folder, *(folder / name for name in FOLDERS)):
        make_private_folder(one)
    path = folder / "config.toml"
    if path.exists():
        return MadeFiles(lines=())
    write_private(path, CONFIG_TEXT.format(tenant=tenant).encode())
    return MadeFiles(lines=(f"{path}: configuration",))


def make_keys(folder: Path) -> MadeKeys:
    """Root, signing and recovery key with their passphrases."""
    keys, secrets = folder / "keys", folder / "secrets"
    root, signing, recovery = (keys / f"{name}.pem" for name in ("root", "signing", "recovery"))
    roots, signers = dict[Path, RsaRootKey](), dict[Path, RsaSigner]()

    def make_root(path: Path, passphrase: Secret) -> None:
        roots[path] = key_files.create_root_key(path, passphrase)

    def make_signer(path: Path, passphrase: Secret) -> None:
        signers[path] = key_files.create_signing_key(path, passphrase)

    wanted: list[tuple[Callable[[Path, Secret], None], Path, Secret, str]] = []
    if not root.exists() or not signing.exists():
        passphrase = _passphrase(secrets / "passphrase")
        wanted += [(make_root, root, passphrase, "root key")] if not root.exists() else []
        wanted += [(make_signer, signing, passphrase, "signing key")] if not signing.exists() else []
    if not key_files.public_path(recovery).exists():
        advice = f"recovery key; move it and {secrets / 'recovery_passphrase'} to a safe place offline"
        wanted.append((make_root, recovery, _passphrase(secrets / "recovery_passphrase"), advice))
    with ThreadPoolExecutor(max(1, len(wanted))) as pool:  # primes and scrypt take their time without the interpreter's lock
        for made in [pool.submit(make, path, passphrase) for make, path, passphrase, _ in wanted]:
            made.result()
    return MadeKeys(lines=tuple(f"{path}: {what}" for _, path, _, what in wanted), roots=roots, signers=signers)


def make_certificates(folder: Path, runtime: Runtime) -> MadeFiles:
    """A certificate authority of the vault's own and a server certificate for loopback."""
    tls = folder / "tls"
    if (tls / "server.crt.pem").exists():
        return MadeFiles(lines=())
    from vault_server.crypto.certificates import CertificateAuthority

    now = datetime.fromtimestamp(runtime.now_us() / 1_000_000, tz=UTC)
    if (tls / "ca.crt.pem").exists():
        authority = CertificateAuthority.load(tls)
    else:
        authority = CertificateAuthority.create(tls, common_name="Strongroom CA", now=now)
    authority.issue_server(tls, now=now)
    return MadeFiles(lines=(f"{tls}: certificate authority and server certificate",))


def _passphrase(path: Path) -> Secret:
    return key_files.load_passphrase(path) if path.exists() else key_files.create_passphrase(path)

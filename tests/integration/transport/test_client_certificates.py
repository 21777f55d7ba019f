"""TLS on a real port: a client certificate names a principal; a token may be used in its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from helpers.running_vault import ONCE, VaultUnderTest, running_vault
from strongroom import Client, Profile, Secret, StrongroomError, UnauthenticatedError
from strongroom.api.v1.access_service_pb2 import Principal
from strongroom.api.v1.rules_pb2 import Role
from vault_server.crypto.certificates import CertificateAuthority

BILLING = "spiffe://example.org/billing"


@pytest.fixture(scope="module")
def tls_vault(vault_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultUnderTest]:
    """TLS without client certificates: everybody brings a token."""
    with running_vault(vault_template, tmp_path_factory.mktemp("vault-tls"), plaintext=False) as made:
        yield made


@pytest.fixture(scope="module")
def mtls_vault(vault_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultUnderTest]:
    """TLS with client certificates."""
    folder = tmp_path_factory.mktemp("vault-mtls")
    with running_vault(vault_template, folder, plaintext=False, tls="require_client_certificate = true") as made:
        yield made


def connected(vault: VaultUnderTest, *, identity: str = "", token: str = "", authority: Path | None = None) -> Client:
    folder = authority or vault.folder / "tls"
    files: dict[str, str] = {}
    if identity:
        name = identity.rpartition("/")[2]
        issued = CertificateAuthority.load(folder).issue_client(
            vault.folder / "clients", name=name, identity=identity, now=datetime.now(UTC), replace=True
        )
        files = {"client_cert_file": str(issued.certificate_path), "client_key_file": str(issued.key_path)}
    profile = Profile(target=vault.target, tenant="main", ca_file=str(vault.folder / "tls" / "ca.crt.pem"))
    profile = replace(profile, **files)  # type: ignore[arg-type]  # two text fields of Profile
    return Client(profile, token=Secret(token) if token else None, retry=ONCE)


def admin(vault: VaultUnderTest) -> Client:
    identity = "spiffe://example.org/anybody" if vault.settings.tls.require_client_certificate else ""
    return connected(vault, identity=identity, token=vault.home.token("admin"))


def test_token_over_tls_names_its_principal(tls_vault: VaultUnderTest) -> None:
    with admin(tls_vault) as client:
        answer = client.access.who_am_i()
    assert (answer.principal.name, answer.credential) == ("tenants/main/principals/admin", "token")


def test_certificate_names_the_principal_that_it_was_given_to(mtls_vault: VaultUnderTest) -> None:
    name = "tenants/main/principals/billing"
    with admin(mtls_vault) as client:
        client.access.put_principal(Principal(name=name, roles=[Role.ROLE_SERVICE], certificate_names=[BILLING]))
    with connected(mtls_vault, identity=BILLING) as client:
        answer = client.access.who_am_i()
        assert list(client.customers.list()) == []
    assert (answer.principal.name, answer.credential) == (name, "certificate")


def test_certificate_of_nobody_is_unauthenticated(mtls_vault: VaultUnderTest) -> None:
    with connected(mtls_vault, identity="spiffe://example.org/stranger") as client, pytest.raises(UnauthenticatedError):
        client.access.who_am_i()


def test_neither_certificate_nor_token_is_unauthenticated(tls_vault: VaultUnderTest) -> None:
    with connected(tls_vault) as client, pytest.raises(UnauthenticatedError):
        client.access.who_am_i()


def test_certificate_of_another_authority_is_refused(mtls_vault: VaultUnderTest, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    CertificateAuthority.create(folder, common_name="Other CA", now=datetime.now(UTC))
    with connected(mtls_vault, identity=BILLING, authority=folder) as client, pytest.raises(StrongroomError):
        client.access.who_am_i()


def test_client_without_a_certificate_does_not_pass_the_handshake(mtls_vault: VaultUnderTest) -> None:
    with connected(mtls_vault, token=mtls_vault.home.token("admin")) as client, pytest.raises(StrongroomError):
        client.access.who_am_i()


def test_token_decides_over_the_certificate(mtls_vault: VaultUnderTest) -> None:
    with admin(mtls_vault) as client:
        assert client.access.who_am_i().credential == "token"


def test_wrong_token_is_not_rescued_by_a_good_certificate(mtls_vault: VaultUnderTest) -> None:
    with connected(mtls_vault, identity=BILLING, token="srt_wrong") as client, pytest.raises(UnauthenticatedError):
        client.access.who_am_i()


def test_plain_text_to_a_tls_port_is_refused(mtls_vault: VaultUnderTest) -> None:
    profile = Profile(target=mtls_vault.target, tenant="main", insecure=True)
    with Client(profile, retry=ONCE, timeout_s=5) as client, pytest.raises(StrongroomError):
        client.access.who_am_i()

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from vault_server.crypto.certificates import CertificateAuthority, IssuedCertificate
from vault_server.errors import ConfigurationError

NOW = datetime.now(UTC)  # the TLS library compares with the real clock
SPIFFE_ID = "spiffe://strongroom.example/service/shop"


def _authority(tmp_path: Path) -> CertificateAuthority:
    return CertificateAuthority.create(tmp_path / "ca", common_name="Strongroom private CA", now=NOW)


def _handshake(
    authority: CertificateAuthority, server: IssuedCertificate, client: IssuedCertificate, *, host: str
) -> dict[str, object]:
    """A mutual TLS handshake in memory; returns what the server saw of the client."""
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    client_side = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    server_side.verify_mode = ssl.CERT_REQUIRED
    for context, own in ((server_side, server), (client_side, client)):
        context.load_cert_chain(own.certificate_path, own.key_path)
        context.load_verify_locations(authority.certificate_path)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = server_side.wrap_bio(to_server, to_client, server_side=True)
    two = client_side.wrap_bio(to_client, to_server, server_hostname=host)
    done: set[int] = set()
    while len(done) < 2:
        for side in (two, one):
            try:
                side.do_handshake()
                done.add(id(side))
            except ssl.SSLWantReadError:
                continue
    return dict(one.getpeercert() or {})


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "vault.example.org"])
def test_mutual_tls_works_and_carries_the_identity(tmp_path: Path, host: str) -> None:
    authority = _authority(tmp_path)
    server = authority.issue_server(tmp_path / "server", extra_names=("vault.example.org",), now=NOW)
    client = authority.issue_client(tmp_path / "shop", name="shop", identity=SPIFFE_ID, now=NOW)
    seen = _handshake(authority, server, client, host=host)
    assert seen["subjectAltName"] == (("URI", SPIFFE_ID),)


def test_client_certificate_does_not_serve(tmp_path: Path) -> None:
    authority = _authority(tmp_path)
    client = authority.issue_client(tmp_path / "shop", name="shop", identity="localhost", now=NOW)
    with pytest.raises(ssl.SSLError):
        _handshake(authority, client, client, host="localhost")


def test_certificate_of_another_authority_is_refused(tmp_path: Path) -> None:
    authority, other = _authority(tmp_path), CertificateAuthority.create(tmp_path / "other", common_name="Other", now=NOW)
    server = authority.issue_server(tmp_path / "server", now=NOW)
    client = other.issue_client(tmp_path / "shop", name="shop", identity=SPIFFE_ID, now=NOW)
    with pytest.raises(ssl.SSLError):
        _handshake(authority, server, client, host="localhost")


def test_authority_is_loaded_again_and_renews_in_place(tmp_path: Path) -> None:
    _authority(tmp_path)
    authority = CertificateAuthority.load(tmp_path / "ca")
    first = authority.issue_server(tmp_path / "server", now=NOW)
    before = first.certificate_path.read_bytes()
    with pytest.raises(ConfigurationError, match="exists already"):
        authority.issue_server(tmp_path / "server", now=NOW)
    authority.issue_server(tmp_path / "server", now=NOW + timedelta(days=1), replace=True)
    assert first.certificate_path.read_bytes() != before


def test_private_keys_are_private(tmp_path: Path) -> None:
    authority = _authority(tmp_path)
    issued = authority.issue_client(tmp_path / "shop", name="shop", identity="shop.example.org", now=NOW)
    assert issued.key_path.stat().st_mode & 0o777 == 0o600
    assert issued.key_path.parent.stat().st_mode & 0o777 == 0o700
    (tmp_path / "ca" / "ca.key.pem").chmod(0o644)
    with pytest.raises(ConfigurationError):
        CertificateAuthority.load(tmp_path / "ca")


def test_leaf_cannot_sign_and_lives_about_a_year(tmp_path: Path) -> None:
    issued = _authority(tmp_path).issue_server(tmp_path / "server", now=NOW)
    leaf = x509.load_pem_x509_certificate(issued.certificate_path.read_bytes())
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc < timedelta(days=398)


@pytest.mark.parametrize(
    "identity", ["", "two words", "spiffe://", "spiffe://domain", "https://x/y", "UPPER.example", "a..b", "x\n", "-a"]
)
def test_identity_that_is_no_name_is_refused(tmp_path: Path, identity: str) -> None:
    with pytest.raises(ConfigurationError):
        _authority(tmp_path).issue_client(tmp_path / "c", name="c", identity=identity, now=NOW)


@pytest.mark.parametrize("name", ["../escape", "", "a/b", "x" * 65])
def test_file_name_that_leaves_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError):
        _authority(tmp_path).issue_client(tmp_path / "c", name=name, identity="a.example", now=NOW)

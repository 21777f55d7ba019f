"""A private certificate authority for mTLS: what `strongroom-server init` and `dev` need, not a general PKI.

ECDSA P-256 throughout. The authority may sign leaves only (path length 0). A server certificate carries the loopback names
and whatever else is asked for; a client certificate carries exactly one name, a SPIFFE URI or a DNS name, which is the
principal's identity. Clock and serial numbers come from outside or the system's random source; keys are written by the
rules of `private_files`.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from vault_server.crypto import private_files
from vault_server.errors import ConfigurationError

AUTHORITY_LIFE = timedelta(days=3650)
LEAF_LIFE = timedelta(days=397)
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
_CLOCK_SKEW = timedelta(minutes=5)
_SPIFFE_ID = re.compile(r"spiffe://[a-z0-9._-]{1,255}(/[A-Za-z0-9._-]+)+", re.ASCII)
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}", re.ASCII)  # common names, and file names with them
_DNS_NAME = re.compile(
    r"(?=.{1,253}$)(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCertificate:
    """Where a certificate and its private key lie, both PEM."""

    certificate_path: Path
    key_path: Path


class CertificateAuthority:
    """Signs server and client certificates. Its private key stays in its folder, mode 0600."""

    def __init__(self, *, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey, folder: Path) -> None:
        self._certificate = certificate
        self._key = key
        self._folder = folder

    @property
    def certificate_path(self) -> Path:
        return _certificate_path(self._folder, "ca")

    @classmethod
    def create(cls, folder: Path, *, common_name: str, now: datetime) -> CertificateAuthority:
        """Make an authority in a private folder. Never overwrites one.

        Raises:
            ConfigurationError: the folder or the files cannot be made.
        """
        private_files.make_private_folder(folder)
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(common_name)
        builder = _builder(subject=name, issuer=name, key=key.public_key(), now=now, life=AUTHORITY_LIFE)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_key_usage(signs_certificates=True), critical=True)
        authority = cls(certificate=builder.sign(key, hashes.SHA256()), key=key, folder=folder)
        _write_pair(folder, "ca", authority._certificate, key)
        return authority

    @classmethod
    def load(cls, folder: Path) -> CertificateAuthority:
        """An authority made before.

        Raises:
            ConfigurationError: missing, open to others, damaged, or key and certificate do not belong together.
        """
        certificate_pem = private_files.read_public(_certificate_path(folder, "ca"))
        key_pem = private_files.read_private(_key_path(folder, "ca"))
        try:
            certificate = x509.load_pem_x509_certificate(certificate_pem)
            key = serialization.load_pem_private_key(key_pem, None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise ConfigurationError(f"The certificate authority in {folder} cannot be read.") from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
            raise ConfigurationError(f"The certificate and key of the authority in {folder} do not belong together.")
        return cls(certificate=certificate, key=key, folder=folder)

    def issue_server(
        self, folder: Path, *, name: str = "server", extra_names: tuple[str, ...] = (), now: datetime, replace: bool = False
    ) -> IssuedCertificate:
        """A server certificate for the loopback names and `extra_names` (DNS names or IP addresses).

        Raises:
            ConfigurationError: a name is neither, or the files cannot be written.
        """
        names = [_host(host) for host in dict.fromkeys((*LOOPBACK_NAMES, *extra_names))]
        return self._issue(folder, name, names, ExtendedKeyUsageOID.SERVER_AUTH, now=now, replace=replace)

    def issue_client(
        self, folder: Path, *, name: str, identity: str, now: datetime, replace: bool = False
    ) -> IssuedCertificate:
        """A client certificate whose one subject alternative name is `identity`.

        Args:
            folder: private, made if missing.
            name: of the files: `name.crt.pem` and `name.key.pem`.
            identity: `spiffe://trust-domain/path`, or a DNS name.
            now: start of validity.
            replace: renew in place.

        Raises:
            ConfigurationError: the identity is neither, or the files cannot be written.
        """
        return self._issue(folder, name, [_identity(identity)], ExtendedKeyUsageOID.CLIENT_AUTH, now=now, replace=replace)

    def _issue(
        self,
        folder: Path,
        name: str,
        names: list[x509.GeneralName],
        usage: x509.ObjectIdentifier,
        *,
        now: datetime,
        replace: bool,
    ) -> IssuedCertificate:
        private_files.make_private_folder(folder)
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(subject=_name(name), issuer=self._certificate.subject, key=key.public_key(), now=now, life=LEAF_LIFE)
        issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_key_usage(signs_certificates=False), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        builder = builder.add_extension(issuer_key, critical=False)
        return _write_pair(folder, name, builder.sign(self._key, hashes.SHA256()), key, replace=replace)


def _builder(
    *, subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str) -> x509.Name:
    if not _PLAIN_NAME.fullmatch(common_name):
        raise ConfigurationError(
            f"{common_name!r} is no name for a certificate.", hint="Letters, digits, space, '.', '_', '-'; at most 64."
        )
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return _dns_name(host)


def _identity(identity: str) -> x509.GeneralName:
    if _SPIFFE_ID.fullmatch(identity):
        return x509.UniformResourceIdentifier(identity)
    return _dns_name(identity)


def _dns_name(name: str) -> x509.DNSName:
    if not _DNS_NAME.fullmatch(name):
        raise ConfigurationError(
            f"{name!r} cannot stand in a certificate.",
            hint="Use a DNS name in lower case, an IP address (servers) or a SPIFFE URI (clients).",
        )
    return x509.DNSName(name)


def _certificate_path(folder: Path, name: str) -> Path:
    return folder / f"{name}.crt.pem"


def _key_path(folder: Path, name: str) -> Path:
    return folder / f"{name}.key.pem"


def _write_pair(
    folder: Path, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey, *, replace: bool = False
) -> IssuedCertificate:
    issued = IssuedCertificate(certificate_path=_certificate_path(folder, name), key_path=_key_path(folder, name))
    key_pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    private_files.write_private(issued.key_path, key_pem, replace=replace)
    certificate_pem = certificate.public_bytes(serialization.Encoding.PEM)
    private_files.write_private(issued.certificate_path, certificate_pem, replace=replace, public=True)
    return issued

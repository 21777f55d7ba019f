from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from vault_server.crypto import key_files, private_files
from vault_server.crypto.encrypted_pem import encrypt_pkcs8
from vault_server.crypto.rsa_keys import RsaWrapper
from vault_server.errors import ConfigurationError, IntegrityError, KeyUnavailableError
from vault_server.ports.secret import Secret

PASSPHRASE = Secret.of_text("correct horse")


@pytest.fixture(scope="module")
def root_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "root.pem"
    key_files.create_root_key(path, PASSPHRASE)
    return path


def _write_key(path: Path, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> None:
    der = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    private_files.write_private(path, encrypt_pkcs8(der, PASSPHRASE))


def test_root_key_comes_back_from_its_file(root_path: Path) -> None:
    root = key_files.load_root_key(root_path, PASSPHRASE)
    recovery = key_files.load_recovery_key(key_files.public_path(root_path))
    assert recovery.key_id == root.key_id
    assert root.unwrap(recovery.wrap(b"s" * 32, b"context"), b"context") == b"s" * 32


def test_wrong_passphrase_is_one_line_that_names_the_file_and_not_the_passphrase(root_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        key_files.load_root_key(root_path, Secret.of_text("wrong horse"))
    assert "wrong passphrase" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "horse" not in str(refused.value) + refused.value.hint
    assert refused.value.__cause__ is None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o601])
def test_key_file_that_others_may_touch_is_refused(root_path: Path, tmp_path: Path, mode: int) -> None:
    path = tmp_path / "open.pem"
    path.write_bytes(root_path.read_bytes())
    path.chmod(mode)
    with pytest.raises(ConfigurationError, match="other users"):
        key_files.load_root_key(path, PASSPHRASE)


def test_files_are_made_for_their_owner_only(root_path: Path) -> None:
    assert root_path.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in sorted(root_path.parent.iterdir())] == ["root.pem", "root.pub.pem"]


def test_existing_key_is_never_overwritten(root_path: Path) -> None:
    before = root_path.read_bytes()
    with pytest.raises(ConfigurationError, match="exists already"):
        key_files.create_root_key(root_path, PASSPHRASE)
    assert root_path.read_bytes() == before
    assert len(list(root_path.parent.iterdir())) == 2


def test_weak_rsa_is_refused(tmp_path: Path) -> None:
    _write_key(tmp_path / "weak.pem", rsa.generate_private_key(65537, 2048))
    with pytest.raises(ConfigurationError, match="too weak"):
        key_files.load_root_key(tmp_path / "weak.pem", PASSPHRASE)
    with pytest.raises(ConfigurationError):
        key_files.create_root_key(tmp_path / "new.pem", PASSPHRASE, bits=2048)


def test_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    _write_key(tmp_path / "curve.pem", ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(ConfigurationError, match="not an RSA key"):
        key_files.load_signing_key(tmp_path / "curve.pem", PASSPHRASE)


def test_unencrypted_key_is_refused(tmp_path: Path) -> None:
    key = rsa.generate_private_key(65537, 3072)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    private_files.write_private(tmp_path / "plain.pem", pem)
    with pytest.raises(ConfigurationError, match="not an encrypted private key"):
        key_files.load_root_key(tmp_path / "plain.pem", PASSPHRASE)
    with pytest.raises(ConfigurationError, match="holds a private key"):
        key_files.load_recovery_key(tmp_path / "plain.pem")


def test_empty_passphrase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        key_files.create_root_key(tmp_path / "root.pem", Secret(b""))
    assert not (tmp_path / "root.pem").exists()


@pytest.mark.parametrize(
    "content", [b"", b"junk", b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"]
)
def test_damaged_key_file_is_refused(tmp_path: Path, content: bytes) -> None:
    private_files.write_private(tmp_path / "bad.pem", content)
    with pytest.raises(ConfigurationError):
        key_files.load_root_key(tmp_path / "bad.pem", PASSPHRASE)
    with pytest.raises(ConfigurationError):
        key_files.load_recovery_key(tmp_path / "bad.pem")


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        key_files.load_root_key(tmp_path / "none.pem", PASSPHRASE)
    with pytest.raises(ConfigurationError):
        key_files.load_root_key(tmp_path, PASSPHRASE)


def test_openssl_reads_the_key_file(root_path: Path) -> None:
    told = subprocess.run(
        ["openssl", "pkey", "-in", root_path, "-passin", "pass:correct horse", "-noout", "-text"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "3072 bit" in told.stdout


def test_wrap_opens_in_its_context_only(root_path: Path) -> None:
    root = key_files.load_root_key(root_path, PASSPHRASE)
    wrapped = root.wrap(b"s" * 32, b"kek 1")
    changed = bytearray(wrapped)
    changed[-1] ^= 1
    for bad, context in ((wrapped, b"kek 2"), (bytes(changed), b"kek 1"), (wrapped[:-1], b"kek 1"), (b"", b"kek 1")):
        with pytest.raises(KeyUnavailableError):
            root.unwrap(bad, context)


def test_signature_fits_its_message_only(tmp_path: Path) -> None:
    signer = key_files.create_signing_key(tmp_path / "signing.pem", PASSPHRASE)
    verifier = key_files.load_verifier(tmp_path / "signing.pub.pem")
    signature = signer.sign(b"head 17")
    verifier.verify(b"head 17", signature)
    for message, bad in ((b"head 18", signature), (b"head 17", signature[:-1]), (b"head 17", b"")):
        with pytest.raises(IntegrityError):
            verifier.verify(message, bad)


def test_public_half_of_a_weak_key_is_no_recipient() -> None:
    with pytest.raises(ConfigurationError):
        RsaWrapper(rsa.generate_private_key(65537, 2048).public_key())


def test_private_folder_that_is_open_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "private"
    private_files.make_private_folder(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o755)
    with pytest.raises(ConfigurationError, match="open to other users"):
        private_files.make_private_folder(folder)


def test_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        private_files.write_private(tmp_path / "none" / "file", b"x")
    (tmp_path / "taken").mkdir()
    with pytest.raises(ConfigurationError):
        private_files.write_private(tmp_path / "taken", b"x", replace=True)
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_passphrase_comes_back_from_its_private_file(tmp_path: Path) -> None:
    made = key_files.create_passphrase(tmp_path / "passphrase")
    assert key_files.load_passphrase(tmp_path / "passphrase") == made
    assert made.size_bytes == 52
    (tmp_path / "passphrase").chmod(0o644)
    with pytest.raises(ConfigurationError, match="other users"):
        key_files.load_passphrase(tmp_path / "passphrase")


@pytest.mark.parametrize(("content", "meant"), [(b"open sesame", b"open sesame"), (b" two \r\n", b" two "), (b"x\n\n", b"x\n")])
def test_one_line_end_of_a_passphrase_file_does_not_count(tmp_path: Path, content: bytes, meant: bytes) -> None:
    private_files.write_private(tmp_path / "passphrase", content)
    assert key_files.load_passphrase(tmp_path / "passphrase") == Secret(meant)


def test_empty_passphrase_file_is_refused(tmp_path: Path) -> None:
    private_files.write_private(tmp_path / "passphrase", b"\n")
    with pytest.raises(ConfigurationError, match="empty"):
        key_files.load_passphrase(tmp_path / "passphrase")

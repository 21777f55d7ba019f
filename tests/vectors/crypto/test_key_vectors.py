"""Reads the published vectors with the shipped code, and once more by hand from docs/formats.md alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, TypedDict, cast

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from helpers.sealing import FixedKeys, fixed_random
from vault_server.crypto import kek_wrapping, key_files, private_files
from vault_server.crypto.api_tokens import HashedApiTokens
from vault_server.crypto.backup_keys import ChunkCipher, RecipientBackupKeys
from vault_server.crypto.batch_cipher import SealingBatch
from vault_server.crypto.blind_index import HmacBlindIndex
from vault_server.crypto.rsa_keys import RsaRootKey, RsaSigner
from vault_server.crypto.sealed_values import SealedAudit, SealedPageTokens
from vault_server.ports.backup_keys import RecipientRole, WrappedBackupKey
from vault_server.ports.keks import KekState, KeyUse, WrappedKek
from vault_server.ports.keys import RecordRef, WrappedDek
from vault_server.ports.secret import Secret


class Vector(dict[str, str | int]):
    def raw(self, name: str) -> bytes:
        return bytes.fromhex(self.text(name))

    def text(self, name: str) -> str:
        return str(self[name])

    def number(self, name: str) -> int:
        return int(self[name])


class Published(TypedDict):
    record_envelopes: list[dict[str, str | int]]
    blind_index_tokens: list[dict[str, str | int]]
    sealed_values: list[dict[str, str | int]]
    root_key_pkcs8: str
    signing_key_pkcs8: str
    wrapped_keks: list[dict[str, str | int]]
    backup_chunks: list[dict[str, str | int]]
    api_token: dict[str, str | int]
    root_key_file: dict[str, str | int]


class Keys(NamedTuple):
    root: RsaRootKey
    signer: RsaSigner


PUBLISHED = cast("Published", json.loads((Path(__file__).parent / "keys_v1.json").read_text(encoding="utf-8")))
ENVELOPES = [Vector(one) for one in PUBLISHED["record_envelopes"]]
TOKENS = [Vector(one) for one in PUBLISHED["blind_index_tokens"]]
VALUES = [Vector(one) for one in PUBLISHED["sealed_values"]]
KEKS = [Vector(one) for one in PUBLISHED["wrapped_keks"]]
CHUNKS = [Vector(one) for one in PUBLISHED["backup_chunks"]]


@pytest.fixture(scope="module")
def keys() -> Keys:
    def private(der: str) -> rsa.RSAPrivateKey:
        key = serialization.load_der_private_key(bytes.fromhex(der), None)
        assert isinstance(key, rsa.RSAPrivateKey)
        return key

    return Keys(RsaRootKey(private(PUBLISHED["root_key_pkcs8"])), RsaSigner(private(PUBLISHED["signing_key_pkcs8"])))


def _part(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content


def _big(number: int, size: int) -> bytes:
    return number.to_bytes(size, "big")


def _ref(vector: Vector) -> RecordRef:
    return RecordRef(
        vector.text("tenant"),
        vector.raw("customer_id"),
        vector.number("kind"),
        vector.raw("record_id"),
        vector.number("version"),
        vector.number("schema_revision"),
    )


def _batch(vector: Vector, random: bytes = b"") -> SealingBatch:
    keys = FixedKeys({vector.number("kek_epoch"): vector.raw("kek")})
    return SealingBatch(tenant=vector.text("tenant"), keys=keys, random=fixed_random(random))


@pytest.mark.parametrize("vector", ENVELOPES)
def test_published_envelopes_open(vector: Vector) -> None:
    batch = _batch(vector)
    dek = WrappedDek(
        vector.raw("customer_id"), vector.number("dek_version"), vector.number("kek_epoch"), vector.raw("wrapped_dek")
    )
    batch.load_dek(dek)
    assert batch.open(_ref(vector), vector.raw("envelope")) == vector.raw("plaintext")


@pytest.mark.parametrize("vector", ENVELOPES)
def test_sealing_with_the_published_randomness_gives_the_published_bytes(vector: Vector) -> None:
    batch = _batch(vector, vector.raw("dek") + vector.raw("wrap_nonce") + vector.raw("nonce"))
    assert batch.create_dek(vector.raw("customer_id")).wrapped == vector.raw("wrapped_dek")
    assert batch.seal(_ref(vector), vector.raw("plaintext")) == vector.raw("envelope")


@pytest.mark.parametrize("vector", ENVELOPES)
def test_layout_of_envelope_and_wrapped_dek_is_the_documented_one(vector: Vector) -> None:
    dek, tenant, customer = vector.raw("dek"), vector.text("tenant").encode(), vector.raw("customer_id")
    version = _big(vector.number("dek_version"), 4)
    commitment = hashlib.sha256(b"strongroom/dek-commitment/1\x00" + dek).digest()[:16]
    header = b"SREN" + bytes((1, 1)) + version + commitment
    place = _big(vector.number("kind"), 4) + vector.raw("record_id") + _big(vector.number("version"), 8)
    place += _big(vector.number("schema_revision"), 4)
    aad = _part(b"strongroom/record-envelope") + _part(tenant) + _part(header) + _part(customer + place)
    sealed = AESGCM(dek).encrypt(vector.raw("nonce"), vector.raw("plaintext"), aad)
    assert header + vector.raw("nonce") + sealed == vector.raw("envelope")

    dek_header = b"SRDK" + bytes((1, 1))
    owner = customer + version + _big(vector.number("kek_epoch"), 4)
    aad = _part(b"strongroom/wrapped-dek") + _part(dek_header) + _part(tenant) + _part(owner)
    wrapped = AESGCM(vector.raw("kek")).encrypt(vector.raw("wrap_nonce"), dek, aad)
    assert dek_header + vector.raw("wrap_nonce") + wrapped == vector.raw("wrapped_dek")


@pytest.mark.parametrize("vector", TOKENS)
def test_published_search_tokens_are_made_again(vector: Vector) -> None:
    keys = [FixedKeys({vector.number("version"): vector.raw("key")}).active()]
    token = HmacBlindIndex(tenant=vector.text("tenant"), keys=keys).token(vector.number("field"), vector.raw("normalized"))
    assert token == vector.raw("token")


@pytest.mark.parametrize("vector", VALUES)
def test_published_page_tokens_and_audit_values_open_and_are_made_again(vector: Vector) -> None:
    keys, tenant = FixedKeys({vector.number("epoch"): vector.raw("key")}), vector.text("tenant")
    page = SealedPageTokens(tenant=tenant, keys=keys, random=fixed_random(vector.raw("nonce")))
    audit = SealedAudit(tenant=tenant, keys=keys, random=fixed_random(vector.raw("nonce")))
    assert page.open(vector.raw("context"), vector.text("page_token")) == vector.raw("payload")
    assert audit.open(vector.raw("context"), vector.raw("audit_value")) == vector.raw("payload")
    assert page.seal(vector.raw("context"), vector.raw("payload")) == vector.text("page_token")
    assert audit.seal(vector.raw("context"), vector.raw("payload")) == vector.raw("audit_value")


@pytest.mark.parametrize("vector", VALUES)
def test_layout_of_sealed_values_is_the_documented_one(vector: Vector) -> None:
    raw = base64.urlsafe_b64decode(vector.text("page_token") + "==")
    for magic, sealed in ((b"SRPT", raw), (b"SRAU", vector.raw("audit_value"))):
        header = magic + bytes((1, 1)) + _big(vector.number("epoch"), 4)
        parts = (b"strongroom/sealed-value", header, vector.text("tenant").encode(), vector.raw("context"))
        body = AESGCM(vector.raw("key")).encrypt(vector.raw("nonce"), vector.raw("payload"), b"".join(map(_part, parts)))
        assert sealed == header + vector.raw("nonce") + body


@pytest.mark.parametrize("vector", KEKS)
def test_published_wrapped_keks_unwrap(vector: Vector, keys: Keys) -> None:
    row = WrappedKek(
        id=vector.raw("id"),
        tenant=vector.text("tenant"),
        use=KeyUse(vector.text("use")),
        epoch=vector.number("epoch"),
        root_key_id=vector.text("root_key_id"),
        wrapped=vector.raw("wrapped"),
        state=KekState.ACTIVE,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        wraps=0,
    )
    plain = kek_wrapping.unwrap(row, roots={keys.root.key_id: keys.root}, verifiers={keys.signer.key_id: keys.signer})
    assert plain == vector.raw("kek")


@pytest.mark.parametrize("vector", KEKS)
def test_layout_of_wrapped_keks_is_the_documented_one(vector: Vector, keys: Keys) -> None:
    wrapped, header = vector.raw("wrapped"), b"SRKK" + bytes((1, 1))
    size = int.from_bytes(wrapped[6:10], "big")
    by_root, rest = wrapped[10 : 10 + size], wrapped[10 + size :]
    signer_id, signature = rest[4:36], rest[40:]
    assert wrapped == header + _part(by_root) + _part(signer_id) + _part(signature)
    identity = (vector.text("tenant").encode(), vector.raw("id"), vector.text("use").encode(), _big(vector.number("epoch"), 4))
    context = b"".join(map(_part, (b"strongroom/kek", header, *identity)))
    assert keys.root.unwrap(by_root, context) == vector.raw("kek")
    signed = (b"strongroom/wrapped-kek-signature", header, *identity, vector.text("root_key_id").encode(), by_root)
    keys.signer.verify(b"".join(map(_part, (*signed, signer_id.hex().encode()))), signature)


@pytest.mark.parametrize("vector", CHUNKS)
def test_published_backup_chunks_open_and_are_made_again(vector: Vector, keys: Keys) -> None:
    wrapped = WrappedBackupKey(
        recipient_key_id=vector.text("recipient_key_id"), role=RecipientRole.ROOT, wrapped=vector.raw("wrapped_key")
    )
    cipher = RecipientBackupKeys(recipients={}, holders=[keys.root]).open(vector.raw("backup_id"), [wrapped])
    role, position = vector.text("role"), vector.number("position")
    assert cipher.open(role, position, vector.raw("chunk")) == vector.raw("plaintext")
    again = ChunkCipher(backup_id=vector.raw("backup_id"), key=vector.raw("key"), random=fixed_random(vector.raw("nonce")))
    assert again.seal(role, position, vector.raw("plaintext")) == vector.raw("chunk")


@pytest.mark.parametrize("vector", CHUNKS)
def test_layout_of_backup_chunks_is_the_documented_one(vector: Vector) -> None:
    key = vector.raw("key")
    header = b"SRBC" + bytes((1, 1)) + hashlib.sha256(b"strongroom/backup-key-commitment/1\x00" + key).digest()[:16]
    parts = (
        b"strongroom/backup-chunk",
        header,
        vector.raw("backup_id"),
        vector.text("role").encode(),
        _big(vector.number("position"), 8),
    )
    sealed = AESGCM(key).encrypt(vector.raw("nonce"), vector.raw("plaintext"), b"".join(map(_part, parts)))
    assert header + vector.raw("nonce") + sealed == vector.raw("chunk")


def test_published_api_token_is_known_again() -> None:
    vector = Vector(PUBLISHED["api_token"])
    token = Secret.of_text(vector.text("token"))
    assert HashedApiTokens().parse_id(token) == vector.text("token_id")
    HashedApiTokens().verify(token, vector.raw("digest"))
    digest = hashlib.sha256(b"strongroom/api-token/1\x00" + vector.text("token").encode()).digest()
    assert hmac.compare_digest(digest, vector.raw("digest"))


def test_published_root_key_file_loads(tmp_path: Path, keys: Keys) -> None:
    vector = Vector(PUBLISHED["root_key_file"])
    private_files.write_private(tmp_path / "root.pem", base64.b64decode(vector.text("pem")))
    loaded = key_files.load_root_key(tmp_path / "root.pem", Secret.of_text(vector.text("passphrase")))
    assert loaded.key_id == keys.root.key_id

"""Makes the vectors of one format generation. Run it only for a new generation: published vectors never change.

PYTHONPATH=.:tests python tests/vectors/crypto/make_vectors.py tests/vectors/crypto/keys_v2.json
"""

from __future__ import annotations

import base64
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from helpers.sealing import FixedKeys, fixed_random
from vault_server.crypto import encrypted_pem, kek_wrapping, rsa_keys
from vault_server.crypto.api_tokens import HashedApiTokens
from vault_server.crypto.backup_keys import ChunkCipher
from vault_server.crypto.batch_cipher import SealingBatch
from vault_server.crypto.blind_index import HmacBlindIndex
from vault_server.crypto.rsa_keys import RsaRootKey, RsaSigner
from vault_server.crypto.sealed_values import SealedAudit, SealedPageTokens
from vault_server.ports.keks import KekState, KeyUse, WrappedKek
from vault_server.ports.keys import RecordRef
from vault_server.ports.secret import Secret

Fields = dict[str, str | int]

TENANTS = ("acme", "müller-söhne", "t" * 255)


def record_envelopes() -> list[Fields]:
    made: list[Fields] = []
    for number, plaintext in enumerate((b"", b"Grace Hopper", os.urandom(1000))):
        customer, record, kek, dek = os.urandom(16), os.urandom(16), os.urandom(32), os.urandom(32)
        wrap_nonce, nonce = os.urandom(12), os.urandom(12)
        ref = RecordRef(TENANTS[number], customer, number + 1, record, (1, 7, 2**64 - 1)[number], (1, 3, 2**32 - 1)[number])
        epoch = (1, 9, 2**32 - 1)[number]
        batch = SealingBatch(tenant=ref.tenant, keys=FixedKeys({epoch: kek}), random=fixed_random(dek, wrap_nonce, nonce))
        wrapped = batch.create_dek(customer)
        envelope = batch.seal(ref, plaintext)
        made.append(
            {
                "tenant": ref.tenant,
                "customer_id": customer.hex(),
                "kind": ref.kind,
                "record_id": record.hex(),
                "version": ref.version,
                "schema_revision": ref.schema_revision,
                "kek_epoch": epoch,
                "kek": kek.hex(),
                "dek_version": wrapped.dek_version,
                "dek": dek.hex(),
                "wrap_nonce": wrap_nonce.hex(),
                "wrapped_dek": wrapped.wrapped.hex(),
                "nonce": nonce.hex(),
                "plaintext": plaintext.hex(),
                "envelope": envelope.hex(),
            }
        )
    return made


def blind_index_tokens() -> list[Fields]:
    made: list[Fields] = []
    for number, value in enumerate((b"", b"grace@example.org", os.urandom(300))):
        key, epoch, field = os.urandom(32), number + 1, (1, 7, 2**32 - 1)[number]
        token = HmacBlindIndex(tenant=TENANTS[number], keys=[FixedKeys({epoch: key}).active()]).token(field, value)
        made.append(
            {
                "tenant": TENANTS[number],
                "version": epoch,
                "key": key.hex(),
                "field": field,
                "normalized": value.hex(),
                "token": token.hex(),
            }
        )
    return made


def sealed_values() -> list[Fields]:
    made: list[Fields] = []
    for number, payload in enumerate((b"", b"after:42")):
        key, nonce, context, tenant = os.urandom(32), os.urandom(12), b"context %d" % number, TENANTS[number]
        keys = FixedKeys({number + 1: key})
        page = SealedPageTokens(tenant=tenant, keys=keys, random=fixed_random(nonce)).seal(context, payload)
        audit = SealedAudit(tenant=tenant, keys=keys, random=fixed_random(nonce)).seal(context, payload)
        made.append(
            {
                "tenant": tenant,
                "epoch": number + 1,
                "key": key.hex(),
                "nonce": nonce.hex(),
                "context": context.hex(),
                "payload": payload.hex(),
                "page_token": page,
                "audit_value": audit.hex(),
            }
        )
    return made


def wrapped_keks(root_key: rsa.RSAPrivateKey, signing_key: rsa.RSAPrivateKey) -> list[Fields]:
    made: list[Fields] = []
    for epoch, use in enumerate(KeyUse, start=1):
        plain = os.urandom(32)
        row = WrappedKek(
            id=os.urandom(16),
            tenant=TENANTS[epoch % 2],
            use=use,
            epoch=epoch,
            root_key_id="",
            wrapped=b"",
            state=KekState.ACTIVE,
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
            wraps=0,
        )
        row = kek_wrapping.wrap(row, plain, root=RsaRootKey(root_key), signer=RsaSigner(signing_key))
        made.append(
            {
                "id": row.id.hex(),
                "tenant": row.tenant,
                "use": use.value,
                "epoch": epoch,
                "root_key_id": row.root_key_id,
                "kek": plain.hex(),
                "wrapped": row.wrapped.hex(),
            }
        )
    return made


def backup_chunks(root: RsaRootKey) -> list[Fields]:
    made: list[Fields] = []
    for position, role in enumerate(("rows", "deks")):
        backup_id, key, nonce, plaintext = os.urandom(16), os.urandom(32), os.urandom(12), os.urandom(100)
        chunk = ChunkCipher(backup_id=backup_id, key=key, random=fixed_random(nonce)).seal(role, position, plaintext)
        context = b"".join(len(part).to_bytes(4, "big") + part for part in (b"strongroom/backup-key", backup_id))
        made.append(
            {
                "backup_id": backup_id.hex(),
                "key": key.hex(),
                "recipient_key_id": root.key_id,
                "wrapped_key": root.wrap(key, context).hex(),
                "nonce": nonce.hex(),
                "role": role,
                "position": position,
                "plaintext": plaintext.hex(),
                "chunk": chunk.hex(),
            }
        )
    return made


def api_token() -> Fields:
    issued = HashedApiTokens().issue()
    return {"token": issued.secret.reveal_text(), "token_id": issued.token_id, "digest": issued.digest.hex()}


def _der(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def main(path: Path) -> None:
    root_key, signing_key = rsa_keys.generate(), rsa_keys.generate()
    passphrase = "made up for the vectors"
    vectors = {
        "about": "Bytes are hex; layouts are in docs/formats.md. These keys are published and protect nothing.",
        "record_envelopes": record_envelopes(),
        "blind_index_tokens": blind_index_tokens(),
        "sealed_values": sealed_values(),
        "root_key_pkcs8": _der(root_key).hex(),
        "signing_key_pkcs8": _der(signing_key).hex(),
        "wrapped_keks": wrapped_keks(root_key, signing_key),
        "backup_chunks": backup_chunks(RsaRootKey(root_key)),
        "api_token": api_token(),
        "root_key_file": {
            "passphrase": passphrase,
            "pem": base64.b64encode(encrypted_pem.encrypt_pkcs8(_der(root_key), Secret.of_text(passphrase))).decode(),
        },
    }
    with path.open("x", encoding="utf-8") as file:  # never over what is published
        json.dump(vectors, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

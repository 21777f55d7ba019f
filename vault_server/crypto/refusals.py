"""The uniform errors of this package: one text for each kind, whatever went wrong inside.

An error that told a wrong key from a wrong tag, or a cut from a change, would be an oracle. Raise them `from None`.
"""

from __future__ import annotations

from vault_server.errors import IntegrityError, InvalidArgumentError, KeyUnavailableError


def key_unavailable() -> KeyUnavailableError:
    return KeyUnavailableError(
        "A key that is needed cannot be used.",
        hint="Check that the configured root and signing keys belong to this vault's data; if they do, restore the key rows.",
    )


def broken_ciphertext() -> IntegrityError:
    return IntegrityError(
        "Stored ciphertext does not open in its place.",
        hint="It was changed, moved, replayed or damaged. Keep the evidence and restore the record from a backup.",
    )


def bad_reference() -> InvalidArgumentError:
    return InvalidArgumentError("A record reference is malformed or names another tenant.", reason="INVALID_RECORD_REFERENCE")

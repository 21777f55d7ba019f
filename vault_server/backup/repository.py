"""A repository: objects named by their hash, and one chain of signed manifests, over any target.

Names: `objects/<first two digits>/<sha256>`, `manifests/<sequence>`, `ledger/<sequence>`. The number in a manifest's name is
inside its signature too. Two writers cannot fork the chain, because both would have to create the same name. The chain begins
with number 1 and has no gap.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from vault_server.backup import manifest as manifests
from vault_server.backup.manifest import FIRST_SEQUENCE, MAX_MANIFEST_BYTES, Manifest, ObjectRef
from vault_server.errors import AlreadyExistsError, IntegrityError, NotFoundError
from vault_server.ports.backup import BackupRecord
from vault_server.ports.root_keys import Signer, Verifier
from vault_server.ports.targets import Target

_MANIFESTS = "manifests/"
_DIGITS = 10


class Published(NamedTuple):
    """A manifest as it lies in the target: checked, with the hash and size of its bytes."""

    manifest: Manifest
    sha256: str
    size_bytes: int

    def record(self) -> BackupRecord:
        return self.manifest.record(self.size_bytes)


class Repository:
    """Reads and adds; never changes or removes."""

    def __init__(self, target: Target, *, verifiers: Sequence[Verifier]) -> None:
        self.target = target
        self.verifiers = tuple(verifiers)

    def put_object(self, content: bytes) -> str:
        """Store a chunk under its hash and return the hash."""
        sha256 = hashlib.sha256(content).hexdigest()
        with suppress(AlreadyExistsError):  # the name is the content, and it is compared when it is read
            self.target.put_new(object_name(sha256), content)
        return sha256

    def get_object(self, ref: ObjectRef) -> bytes:
        """A chunk's bytes.

        Raises:
            IntegrityError: missing, of another size, or changed.
        """
        what = f"the chunk {ref.role}/{ref.position}"
        try:
            content = self.target.get(object_name(ref.sha256), max_bytes=ref.size_bytes)
        except NotFoundError:
            raise IntegrityError(f"{what} is missing", reason="OBJECT_MISSING") from None
        except IntegrityError:
            raise IntegrityError(f"{what} is longer than it was written") from None
        if len(content) != ref.size_bytes:
            raise IntegrityError(f"{what} is cut")
        if hashlib.sha256(content).hexdigest() != ref.sha256:
            raise IntegrityError(f"{what} was changed")
        return content

    def check_presence(self, manifest: Manifest) -> None:
        """That every object is there in its size, without reading it.

        Raises:
            IntegrityError: one is not.
        """
        for ref in manifest.objects:
            try:
                size_bytes = self.target.size(object_name(ref.sha256))
            except NotFoundError:
                raise IntegrityError(f"the chunk {ref.role}/{ref.position} is missing", reason="OBJECT_MISSING") from None
            if size_bytes != ref.size_bytes:
                raise IntegrityError(f"the chunk {ref.role}/{ref.position} is cut or too long")

    def newest(self) -> Published | None:
        """The newest manifest, with its own signature checked, not the chain behind it."""
        sequences = self._sequences()
        return self._read(sequences[-1]) if sequences else None

    def find(self, backup_id: bytes) -> Published | None:
        """A backup's manifest with its signature checked, looked for from the newest back."""
        for sequence in reversed(self._sequences()):
            published = self._read(sequence)
            if published.manifest.backup_id == backup_id:
                return published
        return None

    def chain(self) -> list[Published]:
        """All manifests in order, each signed, each holding the hash of the one before.

        Raises:
            IntegrityError: one is missing, changed, unsigned, exchanged, or of another vault.
        """
        chain: list[Published] = []
        for expected, sequence in enumerate(self._sequences(), start=FIRST_SEQUENCE):
            if sequence != expected:
                raise IntegrityError(f"the manifest {expected} is missing from the chain", reason="OBJECT_MISSING")
            published = self._read(sequence)
            _check_link(chain[-1] if chain else None, published)
            chain.append(published)
        return chain

    def publish(self, manifest: Manifest, signer: Signer) -> Published:
        """Make the objects a backup.

        Raises:
            AlreadyExistsError: another writer has published this number; link to it and try again.
        """
        content = manifests.sign(manifest, signer)
        self.target.put_new(manifest_name(manifest.sequence), content)
        return Published(manifest, hashlib.sha256(content).hexdigest(), len(content))

    def _sequences(self) -> list[int]:
        numbers = []
        for info in self.target.list(_MANIFESTS):
            digits = info.name.removeprefix(_MANIFESTS)
            if len(digits) != _DIGITS or not digits.isdecimal():
                raise IntegrityError("there is a foreign object between the manifests")
            numbers.append(int(digits))
        return numbers

    def _read(self, sequence: int) -> Published:
        what = f"the manifest {sequence}"
        content = self.target.get(manifest_name(sequence), max_bytes=MAX_MANIFEST_BYTES)
        manifest = manifests.read(content, self.verifiers, what=what)
        if manifest.sequence != sequence:
            raise IntegrityError(f"{what} is the manifest {manifest.sequence} under another name")
        return Published(manifest, hashlib.sha256(content).hexdigest(), len(content))


def object_name(sha256: str) -> str:
    return f"objects/{sha256[:2]}/{sha256}"


def manifest_name(sequence: int) -> str:
    return f"{_MANIFESTS}{sequence:0{_DIGITS}d}"


def _check_link(before: Published | None, published: Published) -> None:
    manifest = published.manifest
    if manifest.previous != (before.sha256 if before else ""):
        raise IntegrityError(f"the manifest {manifest.sequence} does not follow the one before it")
    if before and manifest.vault_id != before.manifest.vault_id:
        raise IntegrityError(f"the manifest {manifest.sequence} is of another vault", reason="WRONG_VAULT")

"""A backup target in a local folder (or a mounted disk).

An object is written under a new name, flushed, read back from the file and compared, and only then given its name by a hard
link, which never overwrites; the folder is flushed too. A crash leaves the whole object or a file in `.partial`, which is never
listed. Folders have mode 0700, files 0600. A file system without hard links is refused by `probe`.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

from vault_server.backup.targets.object_names import checked, checked_prefix
from vault_server.errors import (
    AlreadyExistsError,
    ConfigurationError,
    IntegrityError,
    NotFoundError,
    StorageFullError,
    UnavailableError,
    VaultError,
)
from vault_server.ports.runtime import Runtime
from vault_server.ports.targets import ObjectInfo

_PARTIAL = ".partial"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_OPEN_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OPEN_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC


class FolderTarget:
    """The `Target` of ports/targets.py over a folder, which is made when missing."""

    def __init__(self, root: Path, *, runtime: Runtime | None = None) -> None:
        self._root = root
        self._random = (runtime or Runtime()).random_bytes

    def put_new(self, name: str, content: bytes) -> None:
        path = self._root / checked(name)
        staged = self._root / _PARTIAL / self._random(12).hex()
        try:
            self._make_folders(path.parent)
            try:
                _write_and_compare(staged, content, name)
                path.hardlink_to(staged)  # unlike rename, never overwrites
            finally:
                staged.unlink(missing_ok=True)
            _flush_folder(path.parent)
        except FileExistsError:
            raise AlreadyExistsError(f"the backup object {name} exists already") from None
        except OSError as error:
            raise _translated(error, name) from None

    def get(self, name: str, *, max_bytes: int) -> bytes:
        try:
            with open(os.open(self._root / checked(name), _OPEN_READ), "rb") as file:  # noqa: PTH123 - opens a descriptor
                content = file.read(max_bytes + 1)
        except FileNotFoundError:
            raise _missing(name) from None
        except OSError as error:
            raise _translated(error, name) from None
        if len(content) > max_bytes:
            raise IntegrityError(f"the backup object {name} is larger than it can be")
        return content

    def size(self, name: str) -> int:
        try:
            return (self._root / checked(name)).lstat().st_size
        except FileNotFoundError:
            raise _missing(name) from None
        except OSError as error:
            raise _translated(error, name) from None

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        folder = self._root / checked_prefix(prefix)
        try:
            yield from self._walk(folder, prefix)
        except OSError as error:
            raise _translated(error, prefix) from None

    def delete(self, name: str) -> None:
        path = self._root / checked(name)
        try:
            path.unlink()
            _flush_folder(path.parent)
        except FileNotFoundError:
            return
        except OSError as error:
            raise _translated(error, name) from None

    def probe(self) -> None:
        name = f"probe/{self._random(12).hex()}"
        content = self._random(1024)
        try:
            self.put_new(name, content)
            try:
                same = self.get(name, max_bytes=len(content)) == content
                kept = self._refuses_second(name)
            finally:
                self.delete(name)
        except VaultError as error:
            raise ConfigurationError(f"The backup target cannot be used: {error.message}.", hint=error.hint) from None
        if not (same and kept):
            raise ConfigurationError("The backup target overwrites or changes objects and cannot hold backups.")

    def describe(self) -> str:
        return f"folder {self._root}"

    def _refuses_second(self, name: str) -> bool:
        try:
            self.put_new(name, b"other")
        except AlreadyExistsError:
            return True
        return False

    def _walk(self, folder: Path, prefix: str) -> Iterator[ObjectInfo]:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except FileNotFoundError:
            return
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from self._walk(folder / entry.name, f"{prefix}{entry.name}/")
            elif entry.is_file(follow_symlinks=False):
                yield ObjectInfo(f"{prefix}{entry.name}", entry.stat(follow_symlinks=False).st_size)

    def _make_folders(self, folder: Path) -> None:
        for needed in (self._root / _PARTIAL, folder):
            missing = [one for one in (needed, *needed.parents) if not one.exists()]
            for one in reversed(missing):
                one.mkdir(mode=0o700, exist_ok=True)
                _flush_folder(one.parent)


def _write_and_compare(staged: Path, content: bytes, name: str) -> None:
    with open(os.open(staged, _OPEN_NEW, 0o600), "r+b") as file:  # noqa: PTH123 - opens a descriptor, not a path
        os.fchmod(file.fileno(), 0o600)  # whatever the umask says
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        _drop_cached_pages(file.fileno())
        file.seek(0)
        if file.read() != content:
            raise IntegrityError(f"the backup object {name} reads back changed", hint="Check the disk of the backup target.")


def _drop_cached_pages(descriptor: int) -> None:
    """So that the comparison reads the disk and not the memory it was written from, where the system can be asked."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _missing(name: str) -> NotFoundError:
    return NotFoundError(f"the backup object {name} is not there")


def _translated(error: OSError, name: str) -> VaultError:
    if error.errno in _FULL:
        return StorageFullError(
            "the backup target is full", hint="Make room in the backup folder; nothing of this object was kept."
        )
    return UnavailableError(f"the backup object {name} cannot be reached: {error.strerror}")

"""Private files: written whole or not at all, readable by their owner only, refused when others can read them.

Written under a new name with mode 0600 in a folder of mode 0700, flushed to the disk, then given their name; the folder
is flushed too, so a crash leaves the old file or the new one.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from vault_server.errors import ConfigurationError

MAX_PRIVATE_FILE_BYTES = 64 * 1024
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OPEN_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def make_private_folder(folder: Path) -> None:
    """Make a folder of mode 0700, or refuse one that is there and open to others.

    Raises:
        ConfigurationError: it cannot be made, is no folder, or others may enter it.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = folder.stat().st_mode
    except OSError as error:
        raise ConfigurationError(f"The folder {folder} cannot be made: {error.strerror}.") from None
    if mode & _OTHERS:
        raise ConfigurationError(f"The folder {folder} is open to other users.", hint=f"chmod 700 {folder}")


def write_private(path: Path, content: bytes, *, replace: bool = False, public: bool = False) -> None:
    """Write a file whole.

    Args:
        path: in an existing folder.
        content: the file's bytes.
        replace: put it in the place of an existing file; without it an existing file is an error.
        public: mode 0644 instead of 0600, for certificates and public keys.

    Raises:
        ConfigurationError: it exists, or cannot be written.
    """
    staged = path.with_name(f".{path.name}.{os.urandom(6).hex()}.new")
    try:
        _write_staged(staged, content, mode=0o644 if public else 0o600)
        try:
            if replace:
                staged.replace(path)
            else:
                path.hardlink_to(staged)  # unlike rename, never overwrites
        finally:
            staged.unlink(missing_ok=True)
        _flush_folder(path.parent)
    except FileExistsError:
        raise ConfigurationError(f"The file {path} exists already and is not overwritten.") from None
    except OSError as error:
        raise ConfigurationError(f"The file {path} cannot be written: {error.strerror}.") from None


def read_private(path: Path) -> bytes:
    """Read a file that only its owner may read.

    Raises:
        ConfigurationError: missing, unreadable, no plain file, too large, or open to the group or others.
    """
    content, mode = _read(path)
    if mode & _OTHERS:
        raise ConfigurationError(
            f"The private file {path} can be read by other users (mode {stat.S_IMODE(mode):04o}).", hint=f"chmod 600 {path}"
        )
    return content


def read_public(path: Path) -> bytes:
    """Read a certificate or public key; any mode will do.

    Raises:
        ConfigurationError: missing, unreadable, no plain file, or too large.
    """
    return _read(path)[0]


def _read(path: Path) -> tuple[bytes, int]:
    """Content and mode of the same open file, so that it cannot be exchanged between check and use."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:  # noqa: PTH123 - opens a descriptor, not a path
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_PRIVATE_FILE_BYTES:
                raise ConfigurationError(f"The file {path} is not a plain file of at most {MAX_PRIVATE_FILE_BYTES} bytes.")
            return file.read(MAX_PRIVATE_FILE_BYTES), found.st_mode
    except OSError as error:
        raise ConfigurationError(f"The file {path} cannot be read: {error.strerror}.") from None


def _write_staged(staged: Path, content: bytes, *, mode: int) -> None:
    with open(os.open(staged, _OPEN_NEW, mode), "wb") as file:  # noqa: PTH123 - opens a descriptor, not a path
        os.fchmod(file.fileno(), mode)  # whatever the umask says
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

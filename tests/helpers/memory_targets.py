"""Backup targets for tests: one in memory, and one that wraps another and breaks on demand."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from vault_server.backup.targets.object_names import checked, checked_prefix
from vault_server.errors import AlreadyExistsError, IntegrityError, NotFoundError, StorageFullError
from vault_server.ports.targets import ObjectInfo, Target


class MemoryTarget:
    """The `Target` of ports/targets.py over a dict, open to a tester's hands."""

    def __init__(self, objects: dict[str, bytes] | None = None) -> None:
        self.objects = dict(objects or {})
        self._lock = threading.Lock()

    def put_new(self, name: str, content: bytes) -> None:
        with self._lock:
            if checked(name) in self.objects:
                raise AlreadyExistsError("taken")
            self.objects[name] = content

    def get(self, name: str, *, max_bytes: int) -> bytes:
        if checked(name) not in self.objects:
            raise NotFoundError("not there")
        if len(self.objects[name]) > max_bytes:
            raise IntegrityError("too large")
        return self.objects[name]

    def size(self, name: str) -> int:
        if checked(name) not in self.objects:
            raise NotFoundError("not there")
        return len(self.objects[name])

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        checked_prefix(prefix)
        yield from [ObjectInfo(name, len(content)) for name, content in sorted(self.objects.items()) if name.startswith(prefix)]

    def delete(self, name: str) -> None:
        self.objects.pop(checked(name), None)

    def probe(self) -> None:
        return

    def describe(self) -> str:
        return "memory"


class FullTarget:
    """Passes calls on until `room_bytes` are written, then is full."""

    def __init__(self, inner: Target, *, room_bytes: int) -> None:
        self._inner = inner
        self._room_bytes = room_bytes

    def put_new(self, name: str, content: bytes) -> None:
        if len(content) > self._room_bytes:
            raise StorageFullError("the backup target is full")
        self._room_bytes -= len(content)
        self._inner.put_new(name, content)

    def get(self, name: str, *, max_bytes: int) -> bytes:
        return self._inner.get(name, max_bytes=max_bytes)

    def size(self, name: str) -> int:
        return self._inner.size(name)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        return self._inner.list(prefix)

    def delete(self, name: str) -> None:
        self._inner.delete(name)

    def probe(self) -> None:
        self._inner.probe()

    def describe(self) -> str:
        return self._inner.describe()

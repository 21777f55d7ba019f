"""The late import of pyarrow: the SDK's base works without it."""

from __future__ import annotations

from types import ModuleType

from strongroom.errors import MissingExtraError


def require_pyarrow() -> ModuleType:
    """Return pyarrow.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.ipc
    except ImportError:
        raise MissingExtraError("Arrow batches need pyarrow.", hint="Install it: pip install 'strongroom[cli]'.") from None
    module: ModuleType = pa
    return module

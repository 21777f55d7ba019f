"""`strongroom-server restore plan|run`: brings a backup back beside a stopped vault. Part of the composition root."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from vault_server.backup.destination import Destination, FileDestination, ServerDestination
from vault_server.backup.repository import Repository
from vault_server.backup.restorer import RestorePlan, RestoreTools, plan_restore, run_restore
from vault_server.backup_wiring import digest_of_records, folder_target
from vault_server.bootstrap import open_keyring, open_vault, require_sound
from vault_server.config import Settings
from vault_server.errors import IntegrityError, NotFoundError
from vault_server.open_keys import OpenKeys, open_keys
from vault_server.ports.runtime import Runtime
from vault_server.ports.store import Store
from vault_server.storage.content_digest import content_digest
from vault_server.storage.opening import create_fresh, open_store, parse_url
from vault_server.storage.schema_version import HEAD
from vault_server.usecases import names
from vault_server.usecases.search_rebuild import SearchRebuild

PROGRESS_EVERY_ROWS = 100_000


def print_plan(settings: Settings, backup: str, *, output: str) -> int:
    """Say what would be restored."""
    _, _, plan, _ = _plan(settings, backup)
    _print(_facts(plan), output=output)
    return 0


def restore(settings: Settings, backup: str, *, output: str) -> int:
    """Restore into the empty database that the configuration names."""
    repository, destination, plan, tools = _plan(settings, backup)
    with _advised(settings):
        report = run_restore(plan, repository, destination, tools)
    facts = {
        **_facts(plan),
        "restored_rows": report.rows,
        "erased_again": report.erased_again,
        "restored_digest": report.digest,
    }
    _print({**facts, **_record_digest(settings)}, output=output)
    return 0


def _plan(settings: Settings, backup: str) -> tuple[Repository, Destination, RestorePlan, RestoreTools]:
    require_sound(settings)
    runtime, keys = Runtime(), open_keys(settings)
    repository = Repository(folder_target(settings, runtime), verifiers=keys.verifiers)
    destination = _destination(settings)
    tools = RestoreTools(
        keys=keys.backup,
        digest=lambda source: content_digest(source).digest,
        runtime=runtime,
        schema_version=HEAD,
        after_load=_rebuilding(settings, runtime, keys),
        progress=_progress,
    )
    with _advised(settings):
        plan = plan_restore(repository, destination, tools, backup_id=_backup_id(backup))
    return repository, destination, plan, tools


@contextmanager
def _advised(settings: Settings) -> Iterator[None]:
    """What goes wrong with a backup says what to do next."""
    try:
        yield
    except NotFoundError as error:
        error.hint = error.hint or f"the target is {settings.backup.folder}: `backup.folder` of the configuration"
        raise
    except IntegrityError as error:
        error.hint = error.hint or "nothing was restored; name an older backup with --backup"
        raise


def _backup_id(given: str) -> bytes | None:
    """None for the newest backup.

    Raises:
        NotFoundError: it is no id of a backup.
    """
    if not given:
        return None
    text = names.parse_root(given if given.startswith("backups/") else f"backups/{given}", "backups")
    try:
        return UUID(text).bytes
    except ValueError:
        raise NotFoundError("there is no such backup in the target") from None


def _destination(settings: Settings) -> Destination:
    url = settings.storage.url.reveal_text()
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        return FileDestination(Path(parsed.database or ""), create_fresh=create_fresh, open_store=open_store)
    from vault_server.storage.postgresql.restore import drop_all, is_empty

    return ServerDestination(url, create_fresh=create_fresh, open_store=open_store, is_empty=is_empty, drop=drop_all)


def _rebuilding(settings: Settings, runtime: Runtime, keys: OpenKeys) -> Callable[[Store], None]:
    def rebuild(store: Store) -> None:
        SearchRebuild(vault=open_vault(settings, runtime, open_keyring(runtime, keys, store), store)).run()

    return rebuild


def _facts(plan: RestorePlan) -> dict[str, str | int]:
    record = plan.record
    made = datetime.fromtimestamp(record.completed_us / 1_000_000, tz=UTC).isoformat(timespec="seconds")
    return {
        "backup": f"backups/{names.uuid_text(record.backup_id)}",
        "made": made,
        "vault": record.vault_id,
        "rows": record.rows,
        "size_bytes": record.size_bytes,
        "objects": plan.objects,
        "newer_backups": plan.newer_backups,
        "erasures_to_repeat": len(plan.erasures),
        "digest": record.digest,
    }


def _record_digest(settings: Settings) -> dict[str, str | int]:
    store = open_store(settings.storage.url.reveal_text())
    try:
        with store.snapshot() as source:
            return {"record_digest": digest_of_records(source).digest}
    finally:
        store.close()


def _print(facts: dict[str, str | int], *, output: str) -> None:
    if output != "table":
        sys.stdout.write(json.dumps(facts, indent=2 if output == "json" else None) + "\n")
    else:
        sys.stdout.writelines(f"{name.replace('_', ' '):20} {value}\n" for name, value in facts.items())


def _progress(table: str, done: int, whole: int) -> None:
    if sys.stderr.isatty() and (done == whole or done % PROGRESS_EVERY_ROWS == 0):
        sys.stderr.write(f"\r{table}: {done:,} of {whole:,} rows" + ("\n" if done == whole else ""))

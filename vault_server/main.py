"""`strongroom-server`: init, serve, dev, migrate, config check, tenants add, restore plan, restore run.

Every refusal is one line on stderr and an exit code: 0 done, 1 a check failed, 2 wrong usage, 3 the configuration or keys are
not right, 4 the data is not right (broken backup, wrong vault), 5 not now (busy, full).
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vault_server import errors
from vault_server.interpreter import forbid_core_dumps

if TYPE_CHECKING:
    from vault_server.config import Settings

EXIT_OK, EXIT_CHECK_FAILED, EXIT_CONFIGURATION, EXIT_DATA, EXIT_UNAVAILABLE = 0, 1, 3, 4, 5
EPILOG = "exit codes: 0 done; 1 a check failed; 2 wrong usage; 3 configuration or keys; 4 data; 5 not now, try again"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code."""
    args = _parser().parse_args(argv)
    forbid_core_dumps()
    os.umask(0o077)
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # what it would print is raised, too, and is one line then
    try:
        return int(args.run(args))
    except errors.VaultError as error:
        hint = f" ({error.hint})" if error.hint else ""
        sys.stderr.write(f"strongroom-server: {error.message}{hint}\n")
        return _exit_code(error)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return EXIT_OK


def _exit_code(error: errors.VaultError) -> int:
    if isinstance(error, errors.UnavailableError):
        return EXIT_UNAVAILABLE
    if isinstance(error, errors.ConfigurationError | errors.KeyUnavailableError | errors.InvalidArgumentError):
        return EXIT_CONFIGURATION
    return EXIT_DATA


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="strongroom-server", description="The Strongroom vault: keeps customer data encrypted.", epilog=EPILOG
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _init(commands)
    _serve(commands)
    _dev(commands)
    _migrate(commands)
    _config(commands)
    _tenants(commands)
    _restore(commands)
    return parser


Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it


def _init(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("init", help="make configuration, keys, certificates, database and a tenant", epilog=EPILOG)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of the vault; made if missing")
    parser.add_argument("--tenant", default="main", help="the tenant whose operators run the vault (default: main)")
    parser.set_defaults(run=_run_init)


def _serve(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("serve", help="serve until stopped by SIGTERM or SIGINT", epilog=EPILOG)
    _add_config(parser)
    parser.set_defaults(run=_run_serve)


def _dev(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("dev", help="make what is missing, serve on loopback, run one worker beside", epilog=EPILOG)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of the vault; made if missing")
    parser.add_argument("--port", type=int, default=7443, help="port on 127.0.0.1; 0 lets the system choose (default: 7443)")
    parser.add_argument("--no-worker", action="store_true", help="run no analysis worker")
    parser.set_defaults(run=_run_dev)


def _migrate(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("migrate", help="bring the database to this program's schema", epilog=EPILOG)
    _add_config(parser)
    parser.set_defaults(run=_run_migrate)


def _config(commands: Commands[argparse.ArgumentParser]) -> None:
    group = commands.add_parser("config", help="check the configuration").add_subparsers(metavar="COMMAND", required=True)
    parser = group.add_parser("check", help="say what would keep the vault from starting; opens the keys", epilog=EPILOG)
    _add_config(parser)
    parser.add_argument("--show", action="store_true", help="print every setting, secrets masked")
    parser.set_defaults(run=_run_config_check)


def _tenants(commands: Commands[argparse.ArgumentParser]) -> None:
    group = commands.add_parser("tenants", help="add tenants").add_subparsers(metavar="COMMAND", required=True)
    parser = group.add_parser("add", help="add a tenant with its principals, purposes and token files", epilog=EPILOG)
    _add_config(parser)
    parser.add_argument("tenant", help="id of the tenant")
    parser.set_defaults(run=_run_tenants_add)


def _restore(commands: Commands[argparse.ArgumentParser]) -> None:
    group = commands.add_parser("restore", help="restore a backup beside a stopped vault").add_subparsers(
        metavar="COMMAND", required=True
    )
    for name, text in (("plan", "say what would be restored, change nothing"), ("run", "restore into an empty database")):
        parser = group.add_parser(name, help=text, epilog=EPILOG)
        _add_config(parser)
        parser.add_argument("--backup", default="", help="name of the backup; the newest if not given")
        parser.add_argument(
            "-o", "--output", choices=("table", "json", "jsonl"), default="table", help="format of the output (default: table)"
        )
        parser.set_defaults(run=_run_restore_plan if name == "plan" else _run_restore)


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="config.toml of the vault")
    parser.add_argument(
        "--secrets-dir", type=Path, metavar="DIR", help="folder of files that override settings, such as storage_url"
    )


def _run_init(args: argparse.Namespace) -> int:
    from vault_server.commands import init

    return init(args.data, args.tenant)


def _run_serve(args: argparse.Namespace) -> int:
    from vault_server.serving import serve

    return serve(_settings(args))


def _run_dev(args: argparse.Namespace) -> int:
    from vault_server.dev import dev

    return dev(args.data, port=args.port, worker=not args.no_worker)


def _run_migrate(args: argparse.Namespace) -> int:
    from vault_server.bootstrap import migrate_store

    sys.stdout.write(migrate_store(_settings(args)) + "\n")
    return EXIT_OK


def _run_config_check(args: argparse.Namespace) -> int:
    from vault_server.commands import check_config

    return check_config(_settings(args), show=args.show)


def _run_tenants_add(args: argparse.Namespace) -> int:
    from vault_server.commands import add_tenant

    return add_tenant(_settings(args), args.config.resolve().parent, args.tenant)


def _run_restore_plan(args: argparse.Namespace) -> int:
    from vault_server.restoring import print_plan

    return print_plan(_settings(args), args.backup, output=args.output)


def _run_restore(args: argparse.Namespace) -> int:
    from vault_server.restoring import restore

    return restore(_settings(args), args.backup, output=args.output)


def _settings(args: argparse.Namespace) -> Settings:
    from vault_server.config import load_settings

    return load_settings(args.config, os.environ, secrets_dir=args.secrets_dir)


if __name__ == "__main__":
    raise SystemExit(main())

"""`strongroom doctor`: is everything in order between here and the vault?

Rules: every check says what it found and, when it does not hold, what to do; a check that cannot run because of another is
left out.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom_cli import exit_codes
from strongroom_cli.session import add_shared_options, output_of

if TYPE_CHECKING:
    from strongroom import Client, Profile
    from strongroom.api.v1.system_service_pb2 import GetSystemInfoResponse

_MOST_SKEW_S = 60.0
_OLD_BACKUP_S = 26 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at; `result` is ok, warning or failed."""

    check: str
    result: str
    found: str
    advice: str = ""


def register(noun: argparse.ArgumentParser) -> None:
    """The noun is its own verb."""
    add_shared_options(noun)
    noun.set_defaults(run=run_doctor)


def run_doctor(given: argparse.Namespace) -> int:
    """Run the checks; 1 when one failed."""
    out = output_of(given)
    checks = list(_checks(given))
    rows = [{"check": item.check, "result": item.result, "found": item.found, "advice": item.advice} for item in checks]
    out.records(rows, ("check", "result", "found", "advice"))
    return exit_codes.CHECK_FAILED if any(item.result == "failed" for item in checks) else exit_codes.OK


def _checks(given: argparse.Namespace) -> Iterator[Check]:
    import strongroom
    from strongroom.errors import StrongroomError

    try:
        profile = strongroom.load_profile(given.profile)
    except StrongroomError as error:
        yield Check(check="profile", result="failed", found=error.message, advice=error.hint)
        return
    yield Check(check="profile", result="ok", found=f"target {profile.target}, tenant {given.tenant or profile.tenant}")
    yield _transport(profile)
    try:
        client = strongroom.connect(given.profile, tenant=given.tenant, timeout_s=min(given.timeout, 10.0))
    except StrongroomError as error:
        yield Check(check="credentials", result="failed", found=error.message, advice=error.hint)
        return
    yield Check(check="credentials", result="ok", found=_credentials(profile))
    with client:
        yield from _remote(client)


def _transport(profile: Profile) -> Check:
    if profile.insecure:
        return Check(
            check="transport",
            result="warning",
            found="plain text, this machine only",
            advice="Use TLS for anything but trying out.",
        )
    trust = profile.ca_file or "the system's certificate authorities"
    return Check(check="transport", result="ok", found=f"TLS, trusting {trust}")


def _credentials(profile: Profile) -> str:
    used = [
        name for name, path in (("token file", profile.token_file), ("client certificate", profile.client_cert_file)) if path
    ]
    return f"{' and '.join(used)}, readable by the owner only" if used else "none"


def _remote(client: Client) -> Iterator[Check]:
    from strongroom.errors import StrongroomError

    started = time.time()
    try:
        info = client.system.info()
    except StrongroomError as error:
        yield Check(check="connection", result="failed", found=f"{error.message} [{error.reason}]", advice=error.hint)
        return
    ended = time.time()
    yield Check(check="connection", result="ok", found=f"answered in {(ended - started) * 1000:.0f} ms")
    yield _clock(info, (started + ended) / 2)
    yield _version(info)
    try:
        me = client.access.who_am_i()
        roles = ", ".join(_role(role) for role in me.principal.roles)
        yield Check(check="identity", result="ok", found=f"{me.principal.name} by {me.credential}: {roles}")
    except StrongroomError as error:
        yield Check(check="identity", result="failed", found=f"{error.message} [{error.reason}]", advice=error.hint)
    yield _backup(info, ended)


def _role(role: int) -> str:
    from strongroom.api.v1.rules_pb2 import Role

    return Role.Name(Role.ValueType(role)).removeprefix("ROLE_").lower()


def _clock(info: GetSystemInfoResponse, here: float) -> Check:
    if not info.HasField("server_time"):
        return Check(check="clock", result="warning", found="the vault does not tell its time")
    skew = info.server_time.ToNanoseconds() / 1e9 - here
    if abs(skew) > _MOST_SKEW_S:
        return Check(
            check="clock",
            result="failed",
            found=f"the vault is {skew:+.0f} s off",
            advice="Set both clocks by NTP; tokens and leases expire by them.",
        )
    return Check(check="clock", result="ok", found=f"{abs(skew):.1f} s apart")


def _version(info: GetSystemInfoResponse) -> Check:
    import strongroom

    engine = f"{info.engine} {info.engine_version}, schema {info.schema_version}"
    found = f"client {strongroom.__version__}, vault {info.version}, {engine}"
    same = strongroom.__version__.split(".")[:2] == info.version.split(".")[:2]
    return Check(
        check="versions", result="ok" if same else "warning", found=found, advice="" if same else "Update the older one."
    )


def _backup(info: GetSystemInfoResponse, now: float) -> Check:
    if not info.HasField("last_backup_time"):
        return Check(
            check="backup", result="warning", found="none yet", advice="Run `strongroom backup create`, or set a schedule."
        )
    age_s = now - info.last_backup_time.ToNanoseconds() / 1e9
    old = age_s > _OLD_BACKUP_S
    advice = "Look at `strongroom schedules list` and `strongroom backup list`." if old else ""
    return Check(check="backup", result="warning" if old else "ok", found=f"newest is {age_s / 3600:.1f} h old", advice=advice)

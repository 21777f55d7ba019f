"""`connect` and `connect_async`: from a profile and a few overrides to a client."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from strongroom.profiles import Profile, checked, load_profile
from strongroom.retrying import RetryPolicy
from strongroom.secret import Secret

if TYPE_CHECKING:
    from strongroom._aio.client import AsyncClient
    from strongroom._sync.client import Client


def connect(
    profile: str | Profile = "",
    *,
    tenant: str = "",
    token: Secret | None = None,
    timeout_s: float = 30.0,
    retry: RetryPolicy | None = None,
    config_dir: Path | None = None,
) -> Client:
    """Return a blocking client.

    Args:
        profile: a profile's name, a `Profile`, or "" for the default one.
        tenant: used in place of the profile's tenant.
        token: used in place of the profile's token file.
        timeout_s: total time of a call, its retries included, where the method names none.
        retry: when to try again.
        config_dir: folder of the profile file.

    Raises:
        ConfigurationError: the profile cannot be used.
    """
    from strongroom._sync.client import Client

    return Client(_resolved(profile, tenant, config_dir), token=token, timeout_s=timeout_s, retry=retry)


def connect_async(
    profile: str | Profile = "",
    *,
    tenant: str = "",
    token: Secret | None = None,
    timeout_s: float = 30.0,
    retry: RetryPolicy | None = None,
    config_dir: Path | None = None,
) -> AsyncClient:
    """Return an asyncio client; call it where an event loop runs. Arguments as for `connect`."""
    from strongroom._aio.client import AsyncClient

    return AsyncClient(_resolved(profile, tenant, config_dir), token=token, timeout_s=timeout_s, retry=retry)


def _resolved(given: str | Profile, tenant: str, config_dir: Path | None) -> Profile:
    profile = checked(given) if isinstance(given, Profile) else load_profile(given, directory=config_dir)
    return replace(profile, tenant=tenant) if tenant else profile

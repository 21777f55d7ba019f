"""Which vault the worker serves: its own profile `worker` if there is one, else the default of the machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from strongroom.profiles import Profile, config_dir, load_profile, read_config

if TYPE_CHECKING:
    from strongroom import Client

WORKER_PROFILE = "worker"


def worker_profile(given: str = "") -> Profile:
    """The profile to use.

    Args:
        given: a profile's name; "" means STRONGROOM_PROFILE, else `worker` if it exists, else the default one.

    Raises:
        ConfigurationError: it cannot be used.
    """
    if given or os.environ.get("STRONGROOM_PROFILE"):
        return load_profile(given)
    profiles = read_config(config_dir() / "config.toml").get("profiles")
    own = isinstance(profiles, dict) and WORKER_PROFILE in profiles
    return load_profile(WORKER_PROFILE if own else "")


def connect_worker(profile: Profile) -> Client:
    from strongroom import connect

    return connect(profile)

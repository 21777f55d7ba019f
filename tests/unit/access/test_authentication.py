"""Who is let in, who is not, and that every refusal looks the same."""

from __future__ import annotations

import pytest

from helpers.access_memory import MemoryAccess, PlainTokens, digest_of
from strongroom.api.v1.rules_pb2 import ROLE_ADMIN, ROLE_SERVICE
from vault_server.access.authentication import StoredAuthenticator
from vault_server.errors import UnauthenticatedError
from vault_server.ports.access import Credentials
from vault_server.ports.access_data import TokenRow
from vault_server.ports.secret import Secret

NOW_US = 1_700_000_000_000_000
SECOND_US = 1_000_000
SPIFFE = "spiffe://acme.example/shop"


class Clock:
    def __init__(self) -> None:
        self.now_us = NOW_US

    def __call__(self) -> int:
        return self.now_us


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store() -> MemoryAccess:
    memory = MemoryAccess()
    memory.put_principal("acme", "shop", ROLE_SERVICE)
    memory.put_principal("acme", "boss", ROLE_ADMIN)
    memory.certificates[SPIFFE] = ("acme", "shop")
    memory.certificates["boss.acme.example"] = ("acme", "boss")
    return memory


@pytest.fixture
def authenticator(store: MemoryAccess, clock: Clock) -> StoredAuthenticator:
    return StoredAuthenticator(store, PlainTokens(), clock_us=clock, cache_size=3)


def issue(
    store: MemoryAccess, name: str = "t1", *, principal: str = "shop", expires_s: int = 3600, revoked: bool = False
) -> Credentials:
    secret = Secret.of_text(f"{name}:secret")
    expires_us = NOW_US + expires_s * SECOND_US
    store.rows[name] = TokenRow(name, "acme", principal, digest_of(secret), NOW_US, expires_us, revoked)
    return Credentials(token=secret)


def test_token_names_its_principal(authenticator: StoredAuthenticator, store: MemoryAccess) -> None:
    identity = authenticator.authenticate(issue(store))
    assert (identity.tenant, identity.principal, identity.credential) == ("acme", "shop", "token")
    assert identity.roles == {ROLE_SERVICE}


def test_certificate_name_names_its_principal(authenticator: StoredAuthenticator) -> None:
    identity = authenticator.authenticate(Credentials(certificate_names=("unknown.example", SPIFFE)))
    assert (identity.principal, identity.credential) == ("shop", "certificate")


def refused(authenticator: StoredAuthenticator, credentials: Credentials) -> tuple[str, str, str]:
    with pytest.raises(UnauthenticatedError) as caught:
        authenticator.authenticate(credentials)
    assert caught.value.__cause__ is None
    return caught.value.reason, caught.value.message, caught.value.hint


def test_every_refusal_is_the_same(authenticator: StoredAuthenticator, store: MemoryAccess) -> None:
    store.put_principal("acme", "gone", ROLE_ADMIN, disabled=True)
    cases = [
        Credentials(),
        Credentials(token=Secret.of_text("malformed")),
        Credentials(token=Secret.of_text("unknown:secret")),
        issue(store, "expired", expires_s=0),
        issue(store, "revoked", revoked=True),
        issue(store, "disabled", principal="gone"),
        issue(store, "orphan", principal="never-was"),
        Credentials(certificate_names=("unknown.example",)),
        Credentials(certificate_names=(SPIFFE, "boss.acme.example")),
        Credentials(certificate_names=("", "x" * 10_000)),
    ]
    issue(store, "known")
    cases.append(Credentials(token=Secret.of_text("known:guess")))
    assert len({refused(authenticator, case) for case in cases}) == 1


def test_wrong_token_is_not_rescued_by_a_good_certificate(authenticator: StoredAuthenticator) -> None:
    refused(authenticator, Credentials(token=Secret.of_text("unknown:secret"), certificate_names=(SPIFFE,)))


def test_damaged_principal_is_refused(authenticator: StoredAuthenticator, store: MemoryAccess) -> None:
    store.principals["acme", "shop"] = b"\xff\xff"
    refused(authenticator, issue(store))


def test_second_call_reads_nothing(authenticator: StoredAuthenticator, store: MemoryAccess) -> None:
    credentials = issue(store)
    authenticator.authenticate(credentials)
    authenticator.authenticate(credentials)
    assert store.reads == 1


def test_cached_identity_still_needs_the_right_secret(authenticator: StoredAuthenticator, store: MemoryAccess) -> None:
    authenticator.authenticate(issue(store))
    refused(authenticator, Credentials(token=Secret.of_text("t1:guess")))


def test_revocation_with_forget_holds_at_once(authenticator: StoredAuthenticator, store: MemoryAccess) -> None:
    credentials = issue(store)
    authenticator.authenticate(credentials)
    store.rows["t1"] = store.rows["t1"]._replace(revoked=True)
    authenticator.forget("t1")
    refused(authenticator, credentials)


def test_revocation_elsewhere_holds_after_five_seconds(
    authenticator: StoredAuthenticator, store: MemoryAccess, clock: Clock
) -> None:
    credentials = issue(store)
    authenticator.authenticate(credentials)
    store.rows["t1"] = store.rows["t1"]._replace(revoked=True)
    clock.now_us += 5 * SECOND_US
    refused(authenticator, credentials)


def test_cached_token_ends_with_its_lifetime(authenticator: StoredAuthenticator, store: MemoryAccess, clock: Clock) -> None:
    credentials = issue(store, expires_s=2)
    authenticator.authenticate(credentials)
    clock.now_us += 2 * SECOND_US
    refused(authenticator, credentials)


def test_principal_disabled_with_forget_all_is_out_at_once(authenticator: StoredAuthenticator, store: MemoryAccess) -> None:
    credentials = Credentials(certificate_names=(SPIFFE,))
    authenticator.authenticate(credentials)
    store.put_principal("acme", "shop", ROLE_SERVICE, disabled=True)
    authenticator.forget_all()
    refused(authenticator, credentials)


def test_what_is_revoked_while_it_is_read_is_not_cached(store: MemoryAccess, clock: Clock) -> None:
    authenticator = StoredAuthenticator(store, PlainTokens(), clock_us=clock)
    credentials = issue(store)
    read = store.token

    def read_then_revoke(token_id: str) -> TokenRow | None:
        row = read(token_id)
        store.rows[token_id] = store.rows[token_id]._replace(revoked=True)
        authenticator.forget(token_id)
        return row

    store.token = read_then_revoke  # type: ignore[method-assign]  # a race, played by hand
    authenticator.authenticate(credentials)
    refused(authenticator, credentials)


def test_cache_is_bounded(authenticator: StoredAuthenticator, store: MemoryAccess) -> None:
    for number in range(10):
        authenticator.authenticate(issue(store, f"t{number}"))
    assert len(authenticator._cache) == 3


def test_cache_never_lives_longer_than_five_seconds(store: MemoryAccess, clock: Clock) -> None:
    authenticator = StoredAuthenticator(store, PlainTokens(), clock_us=clock, cache_s=3600)
    credentials = issue(store)
    authenticator.authenticate(credentials)
    clock.now_us += 5 * SECOND_US
    authenticator.authenticate(credentials)
    assert store.reads == 2

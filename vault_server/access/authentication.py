"""Turns a presented token or a verified client certificate into an identity.

Rules. Every failure is one uniform error, so that it tells a guesser nothing. A presented token decides alone: a wrong one is
not rescued by a good certificate. What was found is kept for a few seconds only, in a bounded cache, so that a call costs no
database read; a revocation in this process holds at once (`forget`), in other processes after that time at most. The cache is
keyed by the token's public id, and the secret is compared with the stored digest on every call.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from threading import Lock
from typing import NamedTuple, NoReturn, Protocol

from google.protobuf.message import DecodeError

from strongroom.api.v1.access_service_pb2 import Principal
from vault_server.errors import UnauthenticatedError
from vault_server.ports.access import Credentials, Identity
from vault_server.ports.access_data import TokenRow
from vault_server.ports.api_tokens import ApiTokens
from vault_server.ports.resources import Resource, ResourceKind
from vault_server.ports.secret import Secret

MAX_CACHE_S = 5.0
MAX_CERTIFICATE_NAMES = 20
_MAX_NAME_CHARACTERS = 512
_US_PER_S = 1_000_000


class PrincipalView(Protocol):
    """What the authenticator reads of a storage view."""

    @property
    def access(self) -> CredentialReader: ...

    @property
    def resources(self) -> PrincipalReader: ...


class CredentialReader(Protocol):
    """The part of `AccessRepository` that names callers."""

    def token(self, token_id: str) -> TokenRow | None: ...

    def principal_of_certificate(self, name: str) -> tuple[str, str] | None: ...


class PrincipalReader(Protocol):
    """The part of `ResourceReader` that knows principals."""

    def get(self, tenant: str, kind: ResourceKind, resource_id: str) -> Resource | None: ...


class PrincipalStore(Protocol):
    """The part of `ports.store.Store` that the authenticator needs."""

    def read(self) -> AbstractContextManager[PrincipalView]: ...


class _Known(NamedTuple):
    identity: Identity
    digest: bytes
    expires_us: int
    read_at_us: int


class StoredAuthenticator:
    """Authenticates against the stored tokens, certificate names and principals.

    Args:
        store: where tokens, certificate names and principals are.
        api_tokens: reads and compares presented tokens.
        clock_us: microseconds since 1970.
        cache_s: how long a found identity is used again; at most 5 seconds, 0 turns the cache off.
        cache_size: most identities kept.
    """

    def __init__(
        self,
        store: PrincipalStore,
        api_tokens: ApiTokens,
        *,
        clock_us: Callable[[], int],
        cache_s: float = 5.0,
        cache_size: int = 4096,
    ) -> None:
        self._store = store
        self._tokens = api_tokens
        self._clock_us = clock_us
        self._cache_us = int(min(cache_s, MAX_CACHE_S) * _US_PER_S)
        self._cache_size = cache_size
        self._cache: OrderedDict[str, _Known] = OrderedDict()
        self._generation = 0
        self._lock = Lock()

    def authenticate(self, credentials: Credentials) -> Identity:
        try:
            if credentials.token is not None:
                return self._by_token(credentials.token)
            return self._by_certificate(credentials.certificate_names)
        except UnauthenticatedError:  # of whatever origin: one and the same to the caller
            raise _refused() from None

    def forget(self, token_id: str) -> None:
        with self._lock:
            self._generation += 1
            self._cache.pop(f"token:{token_id}", None)

    def forget_all(self) -> None:
        with self._lock:
            self._generation += 1
            self._cache.clear()

    def _by_token(self, presented: Secret) -> Identity:
        token_id = self._tokens.parse_id(presented)
        key = f"token:{token_id}"
        known = self._cached(key)
        if known is None:
            generation = self._generation
            known = self._read_token(token_id)
            self._keep(key, known, generation)
        if known.expires_us <= self._clock_us():
            _refuse()
        self._tokens.verify(presented, known.digest)
        return known.identity

    def _read_token(self, token_id: str) -> _Known:
        now_us = self._clock_us()
        with self._store.read() as view:
            row = view.access.token(token_id)
            if row is None or row.revoked or row.expires_us <= now_us:
                _refuse()
            identity = _identity(view, row.tenant, row.principal, "token")
        return _Known(identity, row.digest, row.expires_us, now_us)

    def _by_certificate(self, names: tuple[str, ...]) -> Identity:
        """The one principal that the names stand for; two principals in one certificate are nobody."""
        found: set[Identity] = set()
        for name in names[:MAX_CERTIFICATE_NAMES]:
            if 0 < len(name) <= _MAX_NAME_CHARACTERS:
                found.update(self._named(name))
        if len(found) != 1:
            _refuse()
        return found.pop()

    def _named(self, name: str) -> tuple[Identity, ...]:
        key = f"certificate:{name}"
        known = self._cached(key)
        if known is None:
            generation = self._generation
            now_us = self._clock_us()
            with self._store.read() as view:
                owner = view.access.principal_of_certificate(name)
                if owner is None:
                    return ()
                known = _Known(_identity(view, *owner, "certificate"), b"", 0, now_us)
            self._keep(key, known, generation)
        return (known.identity,)

    def _cached(self, key: str) -> _Known | None:
        with self._lock:
            known = self._cache.get(key)
            if known is not None and not 0 <= self._clock_us() - known.read_at_us < self._cache_us:
                del self._cache[key]
                return None
            return known

    def _keep(self, key: str, known: _Known, generation: int) -> None:
        """Keeps what was read, unless something was forgotten while it was being read: it might be that."""
        with self._lock:
            if generation != self._generation or self._cache_us <= 0:
                return
            self._cache[key] = known
            while len(self._cache) > self._cache_size:
                self._cache.popitem(last=False)


def _identity(view: PrincipalView, tenant: str, principal_id: str, credential: str) -> Identity:
    stored = view.resources.get(tenant, ResourceKind.PRINCIPAL, principal_id)
    if stored is None:
        _refuse()
    try:
        principal = Principal.FromString(stored.payload)
    except DecodeError:
        _refuse()
    if principal.disabled:
        _refuse()
    return Identity(tenant=tenant, principal=principal_id, roles=frozenset(principal.roles), credential=credential)


def _refuse() -> NoReturn:
    raise _refused()


_refused = partial(
    UnauthenticatedError,
    "no valid credential was presented",
    hint="present a token that is neither expired nor revoked, or a client certificate that the vault knows",
)

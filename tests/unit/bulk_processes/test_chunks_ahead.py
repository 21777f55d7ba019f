"""Two prepare the chunks of a stream: none is used that was overtaken, and a lost helper costs nothing but time."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from strongroom.api.v1.import_service_pb2 import ImportRowsResponse
from vault_server.errors import ConflictError, KeyUnavailableError, NotFoundError
from vault_server.ports.chunks import ChunkToPrepare, PreparedChunk
from vault_server.ports.pages import HelperLostError
from vault_server.ports.records import RecordKind
from vault_server.usecases.chunks_ahead import HELPER_AHEAD, Begun, ChunksAhead

TENANT = "acme"


def prepared(*keys: bytes) -> PreparedChunk:
    return PreparedChunk(
        tenant=TENANT, kind=RecordKind.CUSTOMER, response=ImportRowsResponse(), keys=frozenset(key * 16 for key in keys)
    )


def chunk(key: bytes) -> ChunkToPrepare:
    return ChunkToPrepare(tenant=TENANT, of_import=b"", request=key, kind=RecordKind.CUSTOMER, rows=1)


@dataclass
class Helper:
    """Prepares what it is asked for: a chunk whose only key is the request; some it refuses, and it may break."""

    refused: frozenset[bytes] = frozenset()
    lost_at: bytes = b""
    unavailable: bool = False
    asked: list[bytes] = field(default_factory=list)
    broken: bool = False
    given_back: int = 0

    @property
    def waiting(self) -> int:
        return len(self.asked)

    def ask(self, given: ChunkToPrepare) -> None:
        if self.unavailable:
            raise KeyUnavailableError("gone")
        if self.broken:
            raise HelperLostError("gone")
        self.asked.append(given.request)

    def take(self) -> PreparedChunk | None:
        key = self.asked.pop(0)
        if self.broken or key == self.lost_at:
            self.broken = True
            raise HelperLostError("gone")
        return None if key in self.refused else prepared(key)

    def give_back(self) -> None:
        self.given_back += 1


@dataclass
class Helpers:
    helper: Helper | None
    fence: int = 0

    def borrow_for_import(self) -> Helper | None:
        return None if self.helper is None or self.helper.broken else self.helper

    def number(self, tenant: str) -> int:
        assert tenant == TENANT
        return self.fence


def stream(helper: Helper | None) -> tuple[ChunksAhead, Helpers]:
    helpers = Helpers(helper)
    return ChunksAhead(helpers, fence=helpers.number), helpers


def begin(ahead: ChunksAhead, key: bytes) -> Begun:
    return ahead.begin(chunk(key), lambda: prepared(key))


def test_helper_gets_chunks_from_the_second_on_and_never_more_than_it_may() -> None:
    ahead, helpers = stream(Helper())
    begun = [begin(ahead, bytes([number])) for number in range(6)]
    assert helpers.helper is not None
    assert helpers.helper.asked == [b"\1", b"\2"]
    assert len(helpers.helper.asked) == HELPER_AHEAD
    assert [one.helper is None for one in begun] == [True, False, False, True, True, True]


def test_chunks_come_back_whoever_prepared_them() -> None:
    ahead, _ = stream(Helper())
    begun = [begin(ahead, bytes([number])) for number in range(4)]
    assert [ahead.take(one, TENANT) for one in begun] == [prepared(bytes([number])) for number in range(4)]


@pytest.mark.parametrize("helper", [None, Helper()])
def test_chunk_with_keys_of_one_that_was_stored_since_is_not_used(helper: Helper | None) -> None:
    ahead, _ = stream(helper)
    first, second, third, fourth = (begin(ahead, key) for key in (b"a", b"b", b"a", b"c"))
    for one in (first, second):
        taken = ahead.take(one, TENANT)
        assert taken is not None
        ahead.stored(taken.keys)
    assert ahead.take(third, TENANT) is None
    assert ahead.take(fourth, TENANT) == prepared(b"c")


def test_chunk_that_was_begun_after_the_store_is_used_although_it_has_the_same_keys() -> None:
    ahead, _ = stream(None)
    first = ahead.take(begin(ahead, b"a"), TENANT)
    assert first is not None
    ahead.stored(first.keys)
    assert ahead.take(begin(ahead, b"a"), TENANT) == prepared(b"a")


def test_chunk_of_a_helper_is_not_used_when_a_key_was_destroyed_meanwhile() -> None:
    ahead, helpers = stream(Helper())
    begin(ahead, b"a")
    second = begin(ahead, b"b")
    helpers.fence += 1
    assert ahead.take(second, TENANT) is None


def test_refused_chunk_is_nothing_and_the_helper_stays() -> None:
    helper = Helper(refused=frozenset({b"b"}))
    ahead, _ = stream(helper)
    begun = [begin(ahead, key) for key in (b"a", b"b", b"c")]
    assert [ahead.take(one, TENANT) for one in begun] == [prepared(b"a"), None, prepared(b"c")]
    assert not helper.given_back


def test_lost_helper_is_given_back_once_and_the_rest_is_prepared_here() -> None:
    helper = Helper(lost_at=b"b")
    ahead, _ = stream(helper)
    with ahead:
        begun = [begin(ahead, key) for key in (b"a", b"b", b"c")]
        assert [ahead.take(one, TENANT) for one in begun] == [prepared(b"a"), None, None]
        assert helper.given_back == 1
        later = begin(ahead, b"d")
        assert later.helper is None
        assert ahead.take(later, TENANT) == prepared(b"d")
    assert helper.given_back == 1


def test_helper_that_is_lost_when_asked_or_cannot_be_lent_keys_leaves_the_chunk_here() -> None:
    for helper in (Helper(unavailable=True), Helper()):
        ahead, _ = stream(helper)
        begin(ahead, b"a")
        ahead._asked(chunk(b"x"), Begun(stored=0))
        helper.broken = not helper.unavailable
        assert begin(ahead, b"b").prepared == prepared(b"b")


def test_overtaken_preparation_is_nothing_and_any_other_error_is_raised() -> None:
    ahead, _ = stream(None)

    def fails(error: Exception) -> Begun:
        def prepare() -> PreparedChunk:
            raise error

        return ahead.begin(chunk(b"a"), prepare)

    assert ahead.take(fails(ConflictError("other")), TENANT) is None
    with pytest.raises(NotFoundError):
        fails(NotFoundError("none"))


def test_who_ends_gives_the_helper_back_and_borrows_none_any_more() -> None:
    helper = Helper()
    ahead, _ = stream(helper)
    with ahead:
        begin(ahead, b"a")
        begin(ahead, b"b")
    assert helper.given_back == 1
    assert begin(ahead, b"c").helper is None
    assert helper.given_back == 1

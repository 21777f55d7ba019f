from __future__ import annotations

import hashlib
import hmac

import pytest

from helpers.memory_keks import KeyringBuilder
from vault_server.errors import InvalidArgumentError
from vault_server.ports.keks import KeyUse


def test_equal_values_give_equal_tokens_in_every_process() -> None:
    world = KeyringBuilder()
    assert world.build().blind_index("acme").token(7, b"jo@example.org") == world.build().blind_index("acme").token(
        7, b"jo@example.org"
    )


def test_token_differs_by_tenant_field_and_version() -> None:
    keyring = KeyringBuilder().build()
    tokens = {
        keyring.blind_index("acme").token(7, b"jo"),
        keyring.blind_index("acme").token(8, b"jo"),
        keyring.blind_index("rival").token(7, b"jo"),
    }
    keyring.start_epoch("acme", KeyUse.INDEX)
    tokens.add(keyring.blind_index("acme").token(7, b"jo"))
    assert len(tokens) == 4
    assert {len(token) for token in tokens} == {16}


def test_batch_form_gives_the_same_tokens() -> None:
    index = KeyringBuilder().build().blind_index("acme")
    values = [b"", b"a", b"b" * 500]
    assert index.tokens(1, values) == [index.token(1, value) for value in values]


def test_both_versions_are_searched_while_an_index_is_rebuilt() -> None:
    keyring = KeyringBuilder().build()
    old = keyring.blind_index("acme").token(7, b"jo")
    keyring.start_epoch("acme", KeyUse.INDEX)
    index = keyring.blind_index("acme")
    assert (index.version, index.versions_for_search) == (2, (2, 1))
    assert index.tokens_for_search(7, b"jo") == [index.token(7, b"jo"), old]


def test_token_is_the_documented_hmac() -> None:
    keyring = KeyringBuilder().build()
    index = keyring.blind_index("acme")
    [key] = keyring._tenants["acme"]._plain.values()

    def part(content: bytes) -> bytes:
        return len(content).to_bytes(4, "big") + content

    message = b"".join(map(part, (b"strongroom/blind-index/1", b"acme", (1).to_bytes(4, "big"), (7).to_bytes(4, "big"), b"jo")))
    assert index.token(7, b"jo") == hmac.digest(key.secret, message, hashlib.sha256)[:16]


def test_page_token_comes_back_for_its_own_query() -> None:
    sealer = KeyringBuilder().build().page_tokens("acme")
    token = sealer.seal(b"ListCustomers|order", b"after:42")
    assert sealer.open(b"ListCustomers|order", token) == b"after:42"
    assert token.isascii()
    assert "=" not in token


def test_page_token_stays_valid_when_its_epoch_ends() -> None:
    keyring = KeyringBuilder().build()
    token = keyring.page_tokens("acme").seal(b"q", b"p")
    keyring.start_epoch("acme", KeyUse.PAGE_TOKEN)
    assert keyring.page_tokens("acme").open(b"q", token) == b"p"


def test_page_token_of_another_query_or_tenant_is_refused() -> None:
    keyring = KeyringBuilder().build()
    token = keyring.page_tokens("acme").seal(b"query", b"p")
    for tenant, context in (("acme", b"other query"), ("rival", b"query")):
        with pytest.raises(InvalidArgumentError) as refused:
            keyring.page_tokens(tenant).open(context, token)
        assert refused.value.reason == "INVALID_PAGE_TOKEN"


@pytest.mark.parametrize("junk", ["", "x", "é", "AAAA", "A" * 5000, "-_-_" * 20, "a b", "U1JQVAEB====", "\x00"])
def test_junk_page_tokens_are_refused_alike(junk: str) -> None:
    with pytest.raises(InvalidArgumentError) as refused:
        KeyringBuilder().build().page_tokens("acme").open(b"query", junk)
    assert refused.value.reason == "INVALID_PAGE_TOKEN"


def test_page_token_has_one_spelling() -> None:
    sealer = KeyringBuilder().build().page_tokens("acme")
    token = sealer.seal(b"q", b"")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for variant in {token + "=", token + "\n", *(token[:-1] + letter for letter in alphabet)} - {token}:
        with pytest.raises(InvalidArgumentError):
            sealer.open(b"q", variant)

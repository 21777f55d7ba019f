from __future__ import annotations

import copy
import pickle

import pytest

from vault_server.crypto.api_tokens import HashedApiTokens
from vault_server.errors import UnauthenticatedError
from vault_server.ports.secret import Secret


def test_secret_shows_nothing_of_itself() -> None:
    secret = Secret.of_text("canary-4711")
    shown = f"{secret} {secret!r} {secret:>30} {[secret]} {secret!s}"
    assert "canary" not in shown
    assert secret.reveal_text() == "canary-4711"


@pytest.mark.parametrize("attempt", [pickle.dumps, copy.copy, copy.deepcopy])
def test_secret_refuses_pickling_and_copying(attempt: object) -> None:
    assert callable(attempt)
    with pytest.raises(TypeError):
        attempt(Secret(b"x"))


def test_secrets_compare_by_content_and_do_not_hash() -> None:
    assert Secret(b"x") == Secret(b"x")
    assert Secret(b"x") != Secret(b"y")
    with pytest.raises(TypeError):
        hash(Secret(b"x"))


def test_secret_that_is_no_text_is_not_repeated_in_an_error() -> None:
    assert Secret(b"\xff\xfe").reveal_text() == "\ufffd\ufffd"


def test_issued_token_is_known_again_by_its_digest() -> None:
    tokens = HashedApiTokens()
    issued = tokens.issue()
    assert issued.secret.reveal_text().startswith(f"srt_{issued.token_id}_")
    assert tokens.parse_id(issued.secret) == issued.token_id
    tokens.verify(issued.secret, issued.digest)


def test_issued_token_does_not_show_its_secret() -> None:
    issued = HashedApiTokens().issue()
    assert issued.secret.reveal_text()[21:] not in repr(issued)
    assert issued.secret.reveal() not in issued.digest


def test_tokens_differ() -> None:
    tokens = HashedApiTokens()
    assert len({tokens.issue().secret.reveal() for _ in range(100)}) == 100


def test_other_token_is_refused() -> None:
    tokens = HashedApiTokens()
    with pytest.raises(UnauthenticatedError):
        tokens.verify(tokens.issue().secret, tokens.issue().digest)


@pytest.mark.parametrize(
    "junk", [b"", b"srt_", b"srt_abc_def", b"\xff" * 73, b"srt_" + b"a" * 16 + b"_" + b"a" * 52 + b"\n", b"a" * 10**6]
)
def test_junk_is_no_token(junk: bytes) -> None:
    with pytest.raises(UnauthenticatedError):
        HashedApiTokens().parse_id(Secret(junk))

"""Text that was written in UTF-8 and read as Windows-1252 or Latin-1 (`MÃ¼ller`), brought back.

Rule: only where the bytes read the right way are valid UTF-8, which text that was never damaged hardly ever is: its letters
beyond ASCII would have to stand in pairs that spell out byte sequences. Done up to three times, because files pass through
several hands. Characters that were lost (`M?ller`) stay lost.
"""

import unicodedata

from analysis_worker.steps.correct.proposal import Change

_TIMES = 3
_MAX_LENGTH = 400


def encoding_change(text: str) -> Change | None:
    """Return the text as it was written, None where it was read rightly."""
    if text.isascii() or len(text) > _MAX_LENGTH:
        return None
    after = text
    for _ in range(_TIMES):
        earlier = _read_again(after)
        if earlier is None:
            break
        after = earlier
    if after == text or not _is_plain(after):
        return None
    return Change(rule="text.encoding", after=after, confidence=0.99)


def _read_again(text: str) -> str | None:
    if text.isascii():
        return None
    try:
        return b"".join(_byte(char) for char in text).decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return None


def _byte(char: str) -> bytes:
    """The byte that Windows-1252 shows as `char`; five of its bytes are undefined and pass through as controls."""
    return char.encode("latin-1") if "\x80" <= char <= "\x9f" else char.encode("cp1252")


def _is_plain(text: str) -> bool:
    return all(unicodedata.category(char)[0] != "C" for char in text) and unicodedata.is_normalized("NFC", text)

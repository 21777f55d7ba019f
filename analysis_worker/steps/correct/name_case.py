"""Names in one case only (`MCDONALD`, `o'neill`) to the case people write them in.

Rules: only case changes, never a letter; a name with any mixed case is its owner's spelling and stays; what may be an
organisation, a placeholder or initials stays. The file itself decides doubtful words (`MACDONALD`, `DI`) where somebody
in it writes them in mixed case.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from analysis_worker.steps.correct.proposal import Change

# Written small inside a family name by those who have them (Dutch, German, Portuguese, Spanish, Scandinavian, Arabic).
_SMALL = frozenset("van von der den ten ter zu zur zum de dos das da af av y bin ibn bint".split())  # noqa: SIM905 - reads as one line
_SMALL_AFTER_DE = frozenset({"la", "las", "los"})
_ORGANISATION = frozenset(
    "ltd limited inc llc llp plc gmbh ag kg ug bv nv sa sas sarl srl spa ab as oy co corp company gmbh&co stiftung "  # noqa: SIM905 - as above
    "trust bank council university school hospital hotel club group holding holdings services solutions".split()
)
_PLACEHOLDER = frozenset(
    "unknown none null test na nan nil missing anonymous customer guest tbd tba xxx user admin unbekannt".split()  # noqa: SIM905 - as above
)
_NUMERALS = frozenset({"II", "III", "IV", "VI", "VII", "VIII"})
_LETTERS_KEPT = frozenset({"MD", "PHD", "DDS", "OBE", "MBE", "CBE", "RN", "CPA", "MP", "QC", "KC"})
_SHORT_GIVEN = frozenset("al ed jo bo cy ty li yu lu mo vi di oz su ng wu ho le an ai xi ma ko ito ali".split())  # noqa: SIM905 - as above
_APOSTROPHES = "'’‘`"  # noqa: RUF001 - typographic apostrophes are what files hold
_PREFIXED = frozenset({"o", "d", "l", "m", "dell", "de", "n", "mc"})
_MC = re.compile(r"mc([^\W\d_]{2,})")
_MAX_LENGTH = 200
_MIN_SUPPORT = 2


class CaseEvidence:
    """How the file's mixed-case names write their words: `macdonald` as `MacDonald` or `Macdonald`."""

    def __init__(self, names: Mapping[str, int]) -> None:
        written: dict[str, Counter[str]] = {}
        for name, times in names.items():
            if _one_case(name):
                continue
            for word in name.split():
                if not word.isupper() or len(word) == 1:
                    written.setdefault(word.casefold(), Counter())[word] += times
        self._form = {key: form for key, forms in written.items() if (form := _dominant(forms))}

    def form(self, word: str) -> str | None:
        return self._form.get(word.casefold())


def _dominant(forms: Counter[str]) -> str | None:
    (form, count), *_ = sorted(forms.items(), key=lambda item: (-item[1], item[0]))
    return form if count >= _MIN_SUPPORT and count * 10 >= 9 * forms.total() else None


def _one_case(name: str) -> bool:
    return name.upper() != name.lower() and name in (name.upper(), name.lower())


def _abstains(name: str, words: list[str]) -> bool:
    bare = {word.strip(".,").casefold() for word in words}
    return (
        not words
        or len(name) > _MAX_LENGTH
        or not _one_case(name)
        or any(char.isdigit() or char in '@/\\&_|<>{}[]()"' for char in name)
        or bool(bare & _ORGANISATION)
        or bool(bare & _PLACEHOLDER)
        or any(char in "İıǅǈǋǲ" for char in name)
        or sum(char.isalpha() for char in name) < 2  # noqa: PLR2004 - an initial
    )


def name_change(name: str, evidence: CaseEvidence, *, kind: str) -> Change | None:
    """Return `name` in proper case; `kind` is `given`, `family` or `full`."""
    words = name.split()
    if _abstains(name, words):
        return None
    if kind != "family" and len(words) == 1 and name.isupper() and _maybe_initials(name):
        return None
    after = " ".join(_proper(index, words, evidence, kind) for index in range(len(words)))
    after = _keep_spaces(name, after)
    if after == name or after.upper() != name.upper() or _one_case(after):
        return None
    doubtful = any(word.casefold() in ("di", "del", "della", "le", "la", "du", "al", "el") for word in words)
    return Change(rule="name.case", after=after, confidence=0.85 if doubtful else 0.95)


def _keep_spaces(name: str, after: str) -> str:
    return after if name == " ".join(name.split()) else name[: len(name) - len(name.lstrip())] + _respaced(name.strip(), after)


def _respaced(name: str, after: str) -> str:
    words = iter(after.split())
    return "".join(next(words) if not piece.isspace() else piece for piece in re.findall(r"\s+|\S+", name))


def _maybe_initials(word: str) -> bool:
    letters = word.replace(".", "").casefold()
    no_vowel = not re.search(r"[aeiouyàáâäåæèéêëìíîïòóôöøùúûüý]", letters)
    return letters not in _SHORT_GIVEN and (len(letters) <= 2 or (no_vowel and len(letters) <= 3) or "." in word[:-1])  # noqa: PLR2004 - J.R., JT


def _proper(index: int, words: Sequence[str], evidence: CaseEvidence, kind: str) -> str:
    word, lower, last = words[index], words[index].lower(), index == len(words) - 1
    previous = words[index - 1].casefold() if index else ""
    leading_given = kind != "family" and not index
    # A particle belongs to the word after it; at the end (`AMIT DAS`) it is a name of its own.
    if lower in _SMALL and not leading_given and not last:
        return evidence.form(word) or lower
    if lower in _SMALL_AFTER_DE and previous == "de" and not last:
        return lower
    if previous and word.strip(".,") in _NUMERALS | _LETTERS_KEPT:
        return word
    if kind == "full" and leading_given and word.isupper() and _maybe_initials(word):
        return word
    return evidence.form(word) or "-".join(_hyphen_part(part) for part in lower.split("-"))


def _hyphen_part(part: str) -> str:
    for mark in _APOSTROPHES:
        head, found, tail = part.partition(mark)
        if found and head and len(tail) > 1:
            return _capital(head) + mark + (_capital(tail) if head in _PREFIXED else tail)
    return _capital(part)


def _capital(part: str) -> str:
    mc = _MC.fullmatch(part)
    if mc and len(part) > 4:  # noqa: PLR2004 - `McKay` is the shortest common one; `mcab` is no Mc name
        return "Mc" + mc.group(1).capitalize()
    letters = next((index for index, char in enumerate(part) if char.isalpha()), len(part))
    dotted = re.split(r"(\.)", part[letters:])
    return part[:letters] + "".join(piece[:1].upper() + piece[1:] for piece in dotted)

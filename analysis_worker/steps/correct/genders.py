"""Gender as written to the model's three words, where the writing has one meaning.

Rules: letters mean what the column's other letters allow. `H` is French or Spanish for a man; beside `M` and without it
being clear which of the two languages wrote the column, `H` and `M` both stay (`M` may be *mujer*).
"""

from collections.abc import Iterable

from analysis_worker.steps.correct.proposal import Change

_WORDS = {
    "FEMALE": "female woman f w fem weiblich frau femme féminin feminin femenino mujer vrouw vrouwelijk "
    "femmina femminile mulher "
    "feminino kvinna kvinde kvinne kobieta mrs ms miss girl lady "
    "weibl dame madame mme pani sra señora mevr mevrouw fru kvinnlig kvindelig donna",
    "MALE": "male man m masc männlich maennlich mann herr homme masculin masculino hombre hombre mannelijk maschio "
    "maschile homem "
    "mand mężczyzna mr boy gentleman "
    "männl maennl monsieur pan sr señor dhr heer manlig mandlig uomo kerl",
    "DIVERSE": "diverse divers d x nonbinary non-binary non binary nb enby genderqueer onzijdig",
}
_MEANS = {word: gender for gender, words in _WORDS.items() for word in words.split()} | {"non binary": "DIVERSE"}
_CANONICAL = frozenset(f"{prefix}{word}" for prefix in ("", "GENDER_") for word in ("FEMALE", "MALE", "DIVERSE", "UNSPECIFIED"))
_MAX_LENGTH = 30


def _key(text: str) -> str:
    return text.strip().rstrip(".").casefold()


class GenderForms:
    """Reads one column of gender texts; what a letter means is decided over the whole column."""

    def __init__(self, texts: Iterable[str]) -> None:
        letters = {_key(text) for text in texts}
        self._h_is_male = "h" in letters and "m" not in letters
        self._m_is_open = "h" in letters and "m" in letters

    def change(self, text: str) -> Change | None:
        key = _key(text)
        if text.upper() in _CANONICAL or len(text) > _MAX_LENGTH or (key == "m" and self._m_is_open):
            return None
        if key == "h":
            return Change(rule="gender.form", after="MALE", confidence=0.9) if self._h_is_male else None
        meant = _MEANS.get(key)
        return Change(rule="gender.form", after=meant, confidence=0.97) if meant else None

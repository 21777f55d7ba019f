"""Languages by name, old code or wrong case, to BCP 47 tags as ISO 639 writes them (`en`, `pt-BR`).

Rule: capital letters that are also a country's code are only read as a language where that country speaks it: `DE` is German
either way, but `UK`, `CH` or `CA` in this place is somebody's country.
"""

import re
import unicodedata

from analysis_worker.steps.correct.countries import is_country_code
from analysis_worker.steps.correct.proposal import Change

# code: three-letter codes, then names in the languages of Europe's and the Americas' files.
_LANGUAGES = """
en: eng english englisch anglais ingles inglese engels angielski engelska engelsk
de: ger deu german deutsch allemand aleman tedesco duits niemiecki tyska tysk
fr: fre fra french francais franzosisch franzoesisch frances francese frans francuski franska fransk
es: spa spanish espanol castellano spanisch espagnol spagnolo spaans hiszpanski spanska spansk
it: ita italian italiano italienisch italien italiaans wloski italienska
nl: dut nld dutch nederlands niederlandisch niederlaendisch hollandisch hollaendisch neerlandais holandes olandese
nl: niderlandzki flemish vlaams
pt: por portuguese portugues portugiesisch portugais portoghese portugees portugalski
pl: pol polish polski polnisch polonais polaco polacco pools
sv: swe swedish svenska schwedisch suedois
da: dan danish dansk danisch daenisch danois
no: nor norwegian norsk norwegisch norvegien
fi: fin finnish suomi finnisch finnois
cs: cze ces czech cestina tschechisch tcheque
sk: slo slk slovak slovencina slowakisch
hu: hun hungarian magyar ungarisch hongrois
ro: rum ron romanian romana rumanisch rumaenisch roumain
el: gre ell greek ellinika griechisch grec
tr: tur turkish turkce turkisch tuerkisch turc
ru: rus russian russkij russisch russe
uk: ukr ukrainian ukrajinska ukrainisch
ar: ara arabic arabisch arabe
zh: chi zho chinese chinesisch chinois mandarin
ja: jpn japanese japanisch japonais
ko: kor korean koreanisch coreen
hi: hin hindi
he: heb hebrew hebraisch
bg: bul bulgarian bulgarisch
hr: hrv croatian hrvatski kroatisch
sl: slv slovene slovenian slovenscina slowenisch
lt: lit lithuanian lietuviu litauisch
lv: lav latvian latviesu lettisch
et: est estonian eesti estnisch
ga: gle irish gaeilge
cy: wel cym welsh cymraeg
ca: cat catalan catala katalanisch
"""
_CODE_OF = {
    word: code
    for line in _LANGUAGES.strip().splitlines()
    for code, _, words in [line.partition(": ")]
    for word in (code, *words.split())
}
_CODES = frozenset(_CODE_OF.values())
_OWN = frozenset("de fr es it nl pt pl no fi hu ro tr ru bg hr lt lv sk".split())  # noqa: SIM905 - reads as one line
_TAG = re.compile(r"([A-Za-z]{2,3})[-_]([A-Za-z]{2})(?:\.utf-?8)?", re.IGNORECASE)
_MAX_LENGTH = 35


def language_change(text: str) -> Change | None:
    """Return the tag that `text` means, None where it is one or means nothing certain."""
    stripped = text.strip()
    if not stripped or len(text) > _MAX_LENGTH:
        return None
    tag = _TAG.fullmatch(stripped)
    if tag:
        code, country = _CODE_OF.get(tag.group(1).lower()), tag.group(2).upper()
        after = f"{code}-{country}" if code and is_country_code(country) else None
    else:
        after = _plain(stripped)
    if after is None or after == text:
        return None
    rule = "language.name" if len(stripped) > 3 and not tag else "language.code_form"  # noqa: PLR2004 - codes have three at most
    return Change(rule=rule, after=after, confidence=0.98)


def _plain(text: str) -> str | None:
    key = _key(text)
    if len(text) == 2 and text.isupper() and is_country_code("GB" if text == "UK" else text) and key not in _OWN:  # noqa: PLR2004 - a code
        return None
    return _CODE_OF.get(key)


def _key(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l"))
    return "".join(char for char in folded if char.isalpha())

"""Further known damage, off by default.

Titles in names, text read in the wrong encoding, names of languages, dates in rarer forms, a town that contradicts its
postcode, amounts a hundred times too large. Rule: drawn from a stream of its own after all other damage, so files of
`more_mess=0` stay as they ever were.
"""

import random
from collections.abc import Callable
from datetime import date

from benchmarks.generator.countries import City, Country
from benchmarks.generator.rows import DirtyRow
from benchmarks.generator.truth import ErrorKind

Damage = Callable[[DirtyRow, random.Random], None]

_TITLES: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {"female": ("Mrs", "Ms.", "Miss", "Dr.", "Prof."), "male": ("Mr", "Mr.", "Dr", "Prof. Dr.", "Sir")},
    "de": {"female": ("Frau", "Frau Dr.", "Dr."), "male": ("Herr", "Herrn", "Dr.", "Prof. Dr.", "Dipl.-Ing.")},
    "fr": {"female": ("Mme", "Mlle", "Madame", "Dr"), "male": ("M.", "Monsieur", "Dr", "Me")},
    "nl": {"female": ("Mevr.", "Mevrouw", "Drs."), "male": ("Dhr.", "De heer", "Ir.", "Drs.")},
    "pl": {"female": ("Pani", "dr"), "male": ("Pan", "dr", "mgr")},
    "es": {"female": ("Sra.", "Doña", "Srta."), "male": ("Sr.", "Don", "Dr.")},
}
_LANGUAGE_NAMES = {
    "en": ("English", "english", "EN", "eng", "Englisch", "anglais", "en_GB"),
    "de": ("German", "Deutsch", "deutsch", "DE", "ger", "deu", "allemand", "de_DE"),
    "fr": ("French", "Français", "francais", "FR", "fre", "fra", "Französisch", "fr_FR"),
    "nl": ("Dutch", "Nederlands", "NL", "dut", "nld", "Holländisch", "nl_NL"),
    "pl": ("Polish", "Polski", "polski", "PL", "pol", "Polnisch", "pl_PL"),
    "es": ("Spanish", "Español", "espanol", "ES", "spa", "Castellano", "es_ES"),
}
_GENDER_WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {"female": ("lady", "girl", "Woman."), "male": ("gentleman", "boy", "Masc.")},
    "de": {"female": ("weiblich", "Weibl.", "Dame"), "male": ("männlich", "maennlich", "Mann")},
    "fr": {"female": ("femme", "féminin", "Mme"), "male": ("homme", "masculin", "Monsieur")},
    "nl": {"female": ("vrouw", "vrouwelijk", "Mevr."), "male": ("man", "mannelijk", "Dhr.")},
    "pl": {"female": ("kobieta", "Pani"), "male": ("mężczyzna", "Pan")},
    "es": {"female": ("mujer", "femenino", "Sra."), "male": ("hombre", "masculino", "Sr.")},
}
_MONTHS = {
    "en": ("January February March April May June July August September October November December").split(),  # noqa: SIM905 - reads as one line
    "de": ("Januar Februar März April Mai Juni Juli August September Oktober November Dezember").split(),  # noqa: SIM905 - as above
    "fr": ("janvier février mars avril mai juin juillet août septembre octobre novembre décembre").split(),  # noqa: SIM905 - as above
    "nl": ("januari februari maart april mei juni juli augustus september oktober november december").split(),  # noqa: SIM905 - as above
    "pl": ("stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia").split(),  # noqa: SIM905 - as above
    "es": ("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre").split(),  # noqa: SIM905 - as above
}
_DAY_ZERO_OF_SPREADSHEETS = date(1899, 12, 30)


def _language(row: DirtyRow) -> str:
    return row.person.country.language


def _title(row: DirtyRow, rng: random.Random) -> None:
    title = rng.choice(_TITLES[_language(row)][row.person.gender])
    row.damage("first_name", f"{title} {row.cells['first_name']}", ErrorKind.TITLE)


def _mojibake(row: DirtyRow, rng: random.Random) -> None:
    """Write UTF-8, read as the encoding of old Windows or Unix machines; now and then twice."""
    encoding = rng.choice(("cp1252", "cp1252", "latin-1"))
    for name in ("first_name", "last_name", "street", "city"):
        text = row.cells[name]
        for _ in range(2 if rng.random() < 0.1 else 1):
            try:
                text = text.encode("utf-8").decode(encoding)
            except UnicodeDecodeError:  # a byte that the encoding does not have: such a file would not have been read
                break
        row.damage(name, text, ErrorKind.MOJIBAKE)


def _language_form(row: DirtyRow, rng: random.Random) -> None:
    row.damage("language", rng.choice(_LANGUAGE_NAMES[row.cells["language"] or "en"]), ErrorKind.LANGUAGE_FORM)


def _gender_word(row: DirtyRow, rng: random.Random) -> None:
    row.damage("gender", rng.choice(_GENDER_WORDS[_language(row)][row.person.gender]), ErrorKind.GENDER_WORD)


def _rare_date(row: DirtyRow, rng: random.Random) -> None:
    born = row.person.birth_date
    month = _MONTHS[_language(row)][born.month - 1]
    forms = (
        f"{born.day}. {month} {born.year}",
        f"{born.day} {month} {born.year}",
        f"{born.year}/{born.month}/{born.day}",
        f"{born:%Y%m%d}",
        f"{born:%d-%b-%Y}",
        f"{born.isoformat()} 00:00:00",
        str((born - _DAY_ZERO_OF_SPREADSHEETS).days),
    )
    row.damage("birth_date", rng.choice(forms), ErrorKind.RARE_DATE)


def _contradiction(row: DirtyRow, rng: random.Random) -> None:
    """Put a town, or a postcode, of another part of the country into the address."""
    elsewhere = [city for city in row.person.country.cities if _area(city, row.person.country) != _own_area(row)]
    if {"city", "postcode", "region"} & row.errors.keys() or not elsewhere:
        return
    other = rng.choice([city for city in elsewhere if city.region != row.person.city.region] or elsewhere)
    if rng.random() < 0.5:
        row.damage("city", other.name, ErrorKind.CITY_POSTCODE)
    else:
        digits = "".join(rng.choice("23456789") if mark in "#%" else mark for mark in other.postcode)
        row.damage("postcode", digits.replace("@", rng.choice("ABDE")), ErrorKind.CITY_POSTCODE)


def _area(city: City, country: Country) -> str:
    return city.postcode[: 3 if country.code == "US" else 2]


def _own_area(row: DirtyRow) -> str:
    return _area(row.person.city, row.person.country)


def _outlier(row: DirtyRow, rng: random.Random) -> None:
    name = rng.choice(("income", "monthly_spend"))
    value = row.person.income if name == "income" else row.person.monthly_spend
    factor = rng.choice((100, 1000))
    row.damage(name, str(int(value * factor)) if name == "income" else f"{value * factor:.2f}", ErrorKind.OUTLIER)


MORE_ERRORS: tuple[tuple[float, Damage], ...] = (
    (0.06, _title),
    (0.12, _mojibake),
    (0.15, _language_form),
    (0.10, _gender_word),
    (0.06, _rare_date),
    (0.02, _contradiction),
    (0.01, _outlier),
)

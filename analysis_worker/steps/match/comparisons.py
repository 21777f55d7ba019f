"""How alike two rows are, field by field: the levels of each comparison, most alike first.

Rules: a level's start values for m and u (how often matches, and strangers, fall into it) only seed the training and stand
in where a table is too small to learn from; a null on either side says nothing. Fields that move together share one comparison
(street with house number; postal code with city), because the model adds weights as if fields were independent: somebody
who moved would otherwise be punished five times. Term frequencies belong to the exact level only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from analysis_worker.steps.match.features import Features


class Bearing(StrEnum):
    """Whom a field speaks of."""

    PERSON = "person"
    """One person: given name, birth date, e-mail, identifiers."""
    HOUSEHOLD = "household"
    """Everybody who lives or works together: family name, address, phone, organisation."""
    TRAIT = "trait"
    """Thousands of people: gender, categories."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One degree of likeness. `condition` is SQL over our own column names, `_l` and `_r` being the two rows."""

    label: str
    condition: str
    start_m: float
    start_u: float = 0.0
    frequency_column: str | None = None

    @property
    def is_equality(self) -> bool:
        return self.frequency_column is not None and self.condition == _same(self.frequency_column)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All degrees of likeness of one field; the last level catches everything else."""

    name: str
    columns: tuple[str, ...]
    null_condition: str
    levels: tuple[Level, ...]

    @property
    def bearing(self) -> Bearing:
        if self.name in _HOUSEHOLD:
            return Bearing.HOUSEHOLD
        if self.name in _TRAITS or self.name.startswith("category_"):
            return Bearing.TRAIT
        return Bearing.PERSON

    @property
    def unshared(self) -> bool:
        """Whether two people practically never have one value."""
        return self.name in _UNSHARED or self.name.startswith("identifier_")

    def start_frequency(self, column: str) -> float:
        """The chance that a stranger has a given value of `column`, before the table says otherwise."""
        return max((level.start_u for level in self.levels if level.frequency_column == column), default=0.0)


ELSE = "ELSE"
_HOUSEHOLD = frozenset({"family", "street", "place", "phone", "organisation"})
_TRAITS = frozenset({"gender", "age", "job_title"})
_UNSHARED = frozenset({"email", "national_id"})
_LONG_TEXTS = frozenset({"street", "email", "organisation", "job_title", "city"})


def build_comparisons(features: Features) -> tuple[Comparison, ...]:
    """Comparisons for the fields that the table fills, in a fixed order."""
    return tuple(_comparisons(frozenset(features.scalars), frozenset(features.lists)))


def _comparisons(has: frozenset[str], lists: frozenset[str]) -> Iterator[Comparison]:
    if {"given", "family"} <= has:
        yield _name("given", other="family")
        yield _name("family", other="given")
    elif "given" in has or "family" in has:
        yield _text("given" if "given" in has else "family")
    if "birth" in has:
        yield _birth()
    if "born" in has:
        yield _age(spare="birth" in has)
    if "email" in has:
        yield _email(named="name_tokens" in has)
    if "phone" in has:
        yield _code("phone", several="phones", beside=True)
    if "national_id" in has:
        yield _code("national_id", several="national_ids" if "national_ids" in lists else None)
    if "street" in has:
        yield _street(frozenset(has))
    if has & {"postal", "city", "region"}:
        yield _place(has)
    for field in ("organisation", "job_title"):
        if field in has:
            yield _text(field)
    if "gender" in has:
        yield _equal("gender")
    for field in sorted(has):
        if field.startswith("identifier_"):
            yield _code(field, several=None)
        elif field.startswith("category_"):
            yield _equal(field)


def _same(column: str) -> str:
    return f'"{column}_l" = "{column}_r"'


def _edits(column: str, most: int) -> str:
    """At most `most` edits, a swap of neighbours being one.

    The engine's Damerau-Levenshtein costs 1.1 microseconds on a name and 4 on a street, its Levenshtein 0.16 and
    Jaro-Winkler 0.1 (measured on 500,000 pairs): a cheap necessary condition goes first. A swap is two plain edits.
    """
    pair = f'"{column}_l", "{column}_r"'
    near = f'abs(length("{column}_l") - length("{column}_r")) <= {most}'
    if column in _LONG_TEXTS:
        return f"({near} AND jaro_winkler_similarity({pair}) >= 0.7 AND damerau_levenshtein({pair}) <= {most})"
    return f"({near} AND levenshtein({pair}) <= {2 * most} AND damerau_levenshtein({pair}) <= {most})"


def _winkler(left: str, right: str, least: float) -> str:
    return f'jaro_winkler_similarity("{left}_l", "{right}_r") >= {least}'


def _either_null(column: str) -> str:
    return f'"{column}_l" IS NULL OR "{column}_r" IS NULL'


def _levels(*levels: Level, rest_m: float) -> tuple[Level, ...]:
    return (*levels, Level(label="different", condition=ELSE, start_m=rest_m))


def _name(column: str, *, other: str) -> Comparison:
    alike = f"{_winkler(column, column, 0.9)} OR {_edits(column, 1)}"
    if column == "given":
        alike += ' OR "given_root_l" = "given_root_r"'
    swapped = _swapped(column, other)
    part = f'starts_with("{column}_l", "{column}_r") OR starts_with("{column}_r", "{column}_l")'
    return Comparison(
        name=column,
        columns=(column, other, *(("given_root",) if column == "given" else ())),
        null_condition=_either_null(column),
        levels=_levels(
            Level(label="equal", condition=_same(column), start_m=0.7, start_u=0.005, frequency_column=column),
            Level(label="alike", condition=alike, start_m=0.15, start_u=0.01),
            Level(label="swapped", condition=swapped, start_m=0.03, start_u=0.004),
            Level(label="roughly alike", condition=f"{_winkler(column, column, 0.8)} OR {part}", start_m=0.05, start_u=0.01),
            rest_m=0.07,
        ),
    )


def _swapped(column: str, other: str) -> str:
    """A given name is swapped where both names cross: two people of one family, one of them swapped, cross in one only."""
    if column == "given":
        one, two = (_winkler(column, other, 0.92), _winkler(other, column, 0.92))
        less_one, less_two = (_winkler(column, other, 0.8), _winkler(other, column, 0.8))
        return f"({one} AND {less_two}) OR ({two} AND {less_one})"
    return f"({_winkler(column, other, 0.92)}) OR ({_winkler(other, column, 0.92)})"


def _text(column: str) -> Comparison:
    return Comparison(
        name=column,
        columns=(column,),
        null_condition=_either_null(column),
        levels=_levels(
            Level(label="equal", condition=_same(column), start_m=0.7, start_u=0.01, frequency_column=column),
            Level(
                label="alike", condition=f"{_winkler(column, column, 0.92)} OR {_edits(column, 2)}", start_m=0.15, start_u=0.01
            ),
            rest_m=0.15,
        ),
    )


def _equal(column: str) -> Comparison:
    return Comparison(
        name=column,
        columns=(column,),
        null_condition=_either_null(column),
        levels=_levels(
            Level(label="equal", condition=_same(column), start_m=0.9, start_u=0.3, frequency_column=column), rest_m=0.1
        ),
    )


def _birth() -> Comparison:
    def part(first: int, length: int) -> str:
        return f'substr("birth_l", {first}, {length}) = substr("birth_r", {first}, {length})'

    year, month, day = part(1, 4), part(5, 2), part(7, 2)
    turned = 'substr("birth_l", 5, 2) = substr("birth_r", 7, 2) AND substr("birth_l", 7, 2) = substr("birth_r", 5, 2)'
    two_of_three = f"({year} AND {month}) OR ({year} AND {day}) OR ({month} AND {day})"
    return Comparison(
        name="birth",
        columns=("birth",),
        null_condition=_either_null("birth"),
        levels=_levels(
            Level(label="equal", condition=_same("birth"), start_m=0.8, start_u=0.0001, frequency_column="birth"),
            Level(label="one slip", condition=f"{_edits('birth', 1)} OR ({year} AND {turned})", start_m=0.1, start_u=0.001),
            Level(label="two parts equal", condition=f"{two_of_three} OR {_edits('birth', 2)}", start_m=0.04, start_u=0.015),
            rest_m=0.06,
        ),
    )


def _age(*, spare: bool) -> Comparison:
    """Years of birth, stated or reckoned from an age; silent where two birth dates speak for themselves."""
    difference = 'abs(CAST("born_l" AS INTEGER) - CAST("born_r" AS INTEGER))'
    both_dated = ' OR ("birth_l" IS NOT NULL AND "birth_r" IS NOT NULL)' if spare else ""
    return Comparison(
        name="age",
        columns=("born", *(("birth",) if spare else ())),
        null_condition=_either_null("born") + both_dated,
        levels=_levels(
            Level(label="equal", condition=_same("born"), start_m=0.7, start_u=0.02),
            Level(label="one year", condition=f"{difference} <= 1", start_m=0.1, start_u=0.04),
            Level(label="three years", condition=f"{difference} <= 3", start_m=0.08, start_u=0.08),
            rest_m=0.12,
        ),
    )


def _email(*, named: bool) -> Comparison:
    """A mailbox is often spelt from its owner's name, so one that is merely alike says nothing beside names that are alike."""
    local_l, local_r = "split_part(\"email_l\", '@', 1)", "split_part(\"email_r\", '@', 1)"
    namesakes = f"coalesce({_winkler('name_tokens', 'name_tokens', 0.92)}, FALSE)" if named else "FALSE"
    return Comparison(
        name="email",
        columns=("email", "emails", *(("name_tokens",) if named else ())),
        null_condition=_either_null("email"),
        levels=_levels(
            Level(label="equal", condition=_same("email"), start_m=0.65, start_u=1e-05, frequency_column="email"),
            Level(label="one shared", condition='list_has_any("emails_l", "emails_r")', start_m=0.1, start_u=1e-05),
            Level(label="two slips", condition=_edits("email", 2), start_m=0.1, start_u=0.0001),
            Level(
                label="same mailbox name",
                condition=f"{local_l} = {local_r} AND NOT {namesakes}",
                start_m=0.03,
                start_u=0.001,
            ),
            Level(
                label="alike", condition=f"{_winkler('email', 'email', 0.88)} AND NOT {namesakes}", start_m=0.04, start_u=0.001
            ),
            rest_m=0.08,
        ),
    )


def _code(column: str, *, several: str | None, beside: bool = False) -> Comparison:
    """With `beside`, one shared value says less where both have others, too: a landline is a household's, a mobile is not."""
    shared = (Level(label="one shared", condition=f'list_has_any("{several}_l", "{several}_r")', start_m=0.05, start_u=1e-05),)
    differ = f'NOT list_has_all("{several}_l", "{several}_r") AND NOT list_has_all("{several}_r", "{several}_l")'
    partly = Level(
        label="one shared, others differ", condition=f"({shared[0].condition}) AND {differ}", start_m=0.1, start_u=1e-05
    )
    return Comparison(
        name=column,
        columns=(column, several) if several else (column,),
        null_condition=_either_null(column),
        levels=_levels(
            *((partly,) if beside else ()),
            Level(label="equal", condition=_same(column), start_m=0.8, start_u=1e-05, frequency_column=column),
            *(shared if several else ()),
            Level(label="one slip", condition=_edits(column, 1), start_m=0.06, start_u=0.0001),
            Level(label="two slips", condition=_edits(column, 2), start_m=0.03, start_u=0.001),
            rest_m=0.06,
        ),
    )


def _street(has: frozenset[str]) -> Comparison:
    house = _same("house") if "house" in has else "FALSE"
    alike = f"{_winkler('street', 'street', 0.9)} OR {_edits('street', 2)}"
    levels = [
        Level(
            label="street and number equal",
            condition=f"{_same('street')} AND {house}",
            start_m=0.5,
            start_u=0.0001,
            frequency_column="street",
        ),
        Level(label="street equal", condition=_same("street"), start_m=0.15, start_u=0.002, frequency_column="street"),
        Level(label="street alike, number equal", condition=f"{house} AND ({alike})", start_m=0.12, start_u=0.0001),
        Level(label="street alike", condition=alike, start_m=0.05, start_u=0.002),
    ]
    if "house" not in has:
        levels = [level for level in levels if house not in level.condition]
    columns = tuple(name for name in ("street", "house", "line2") if name in has)
    if "line2" in has:
        crossed = '"street_l" = "line2_r" OR "line2_l" = "street_r"'
        levels.append(
            Level(label="second line equal or crossed", condition=f"{_same('line2')} OR {crossed}", start_m=0.03, start_u=0.002)
        )
    return Comparison(
        name="street", columns=columns, null_condition=_either_null("street"), levels=_levels(*levels, rest_m=0.15)
    )


def _place(has: frozenset[str]) -> Comparison:
    postal, city = "postal" in has, "city" in has
    alike = f"({_winkler('city', 'city', 0.9)} OR {_edits('city', 1)})"
    levels: list[Level] = []
    if postal and city:
        levels.append(
            Level(
                label="postal code and city equal",
                condition=f"{_same('postal')} AND {alike}",
                start_m=0.6,
                start_u=0.002,
                frequency_column="postal",
            )
        )
    if postal:
        levels.append(
            Level(label="postal code equal", condition=_same("postal"), start_m=0.1, start_u=0.002, frequency_column="postal")
        )
    if city:
        levels.append(Level(label="city equal", condition=_same("city"), start_m=0.1, start_u=0.02, frequency_column="city"))
        levels.append(Level(label="city alike", condition=alike, start_m=0.05, start_u=0.01))
    if postal:
        levels.append(Level(label="postal code one slip", condition=_edits("postal", 1), start_m=0.05, start_u=0.02))
    if "region" in has:
        levels.append(
            Level(
                label="region equal",
                condition=_same("region"),
                start_m=0.05,
                start_u=0.2,
                frequency_column=None if levels else "region",
            )
        )
    columns = tuple(name for name in ("postal", "city", "region") if name in has)
    missing = " AND ".join(f"({_either_null(column)})" for column in columns)
    return Comparison(name="place", columns=columns, null_condition=missing, levels=_levels(*levels, rest_m=0.1))

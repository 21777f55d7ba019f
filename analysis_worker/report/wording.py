"""Words for identifiers: what a rule, a method, a reason or a feature is called on the page.

Rule: the twin keeps identifiers, the page reads like prose; an identifier without words here is shown with spaces.
"""

from __future__ import annotations

from collections.abc import Mapping

from analysis_worker.report.suppression import words

_ATTRIBUTE = "attributes."
_PLURALS = frozenset({"days", "purchases", "years"})
_RULES: Mapping[str, str] = {
    "address.city_postcode": "Town and postcode contradict each other",
    "age.birth_date": "Age contradicts the birth date",
    "age.form": "Age written in words or with units",
    "country.alpha3": "Country as a three-letter code",
    "country.code_form": "Country code in another form",
    "country.name": "Country as a name",
    "country.part": "Part of a country in place of the country",
    "date.column_order": "Date read as the column writes dates",
    "date.form": "Date in another form",
    "date.only_reading": "Date with a single possible reading",
    "date.serial": "Date as a spreadsheet's day number",
    "email.domain_typo": "Slip in an e-mail provider's name",
    "email.domain_typo_in_file": "Slip in an e-mail domain of this file",
    "email.domain_typo_short": "Slip in a short e-mail provider's name",
    "email.ending_typo": "E-mail ending that does not exist",
    "email.syntax": "E-mail with stray characters",
    "gender.form": "Gender in another form",
    "language.code_form": "Language code in another form",
    "language.name": "Language as a name",
    "name.case": "Name in one case",
    "name.nickname": "Longer form of a nickname",
    "name.swapped": "Given and family name exchanged",
    "name.title": "Title inside a name",
    "outlier.amount": "Amount far from all like it",
    "phone.e164_default_region": "Phone, read in the default country",
    "phone.e164_form": "Phone in international form",
    "phone.e164_own_country": "Phone, read in the customer's country",
    "phone.e164_prefix": "Phone with an unusual prefix",
    "postcode.form": "Postcode in the country's form",
    "postcode.leading_zero": "Postcode that lost its zero",
    "text.encoding": "Text in a broken encoding",
    "total.digits": "Total with a wrong digit",
    "total.line_count": "Total with a line too many or too few",
    "total.lines": "Total that is not the sum of its lines",
    "total.major_units": "Total in the wrong unit",
}
_OUTCOMES: Mapping[str, str] = {
    "boosted": "boosted trees",
    "chained_boosted": "boosted trees, chained over columns",
    "linear": "linear model",
    "ridge": "linear model",
    "logistic": "logistic model",
    "no_better_than_baseline": "left empty: a model would only guess",
    "too_few_observed": "left empty: too few known values",
    "no_observed_values": "left empty: no known values",
    "no_predictors": "left empty: nothing to estimate from",
    "high_cardinality": "left empty: too many different values",
    "constant": "left empty: only one known value",
    "unsupported_type": "left empty: no numbers or words",
    "column_budget": "left empty: more columns than the run allows",
    "not_asked_for": "left empty: not asked for",
}
_SOURCES: Mapping[str, str] = {"entity": "the same entity", "several": "several sources"}
_FEATURES: Mapping[str, str] = {
    "days_between_purchases": "time between purchases",
    "frequency": "purchases made",
    "monetary": "money spent",
    "recency_days": "time since the last purchase",
    "stated_age": "age",
    "tenure_days": "time since the first purchase",
}
_SPLITS: Mapping[str, str] = {"stratified": "drawn at random", "time": "of a later time"}
_TARGETS: Mapping[str, str] = {"purchases.stopped": "customers who stop buying"}


def column_words(name: str) -> str:
    """`attributes.loyalty_tier` as `loyalty tier`."""
    return _FEATURES.get(name) or words(name.removeprefix(_ATTRIBUTE)) or words(name)


def amount_words(amount: str, unit: str) -> str:
    """`12 days`, `1 day`, and the amount alone without a unit."""
    one = amount == "1" and unit in _PLURALS
    return f"{amount} {unit.removesuffix('s') if one else unit}" if unit else amount


def rule_words(rule: str) -> str:
    """A correction rule as a short sentence."""
    return _RULES.get(rule) or words(rule)


def outcome_words(outcome: str) -> str:
    """A method of imputation, or the reason for leaving gaps."""
    return _OUTCOMES.get(outcome) or words(outcome)


def source_words(source: str) -> str:
    """Where a gap was filled from."""
    return _SOURCES.get(source) or words(source)


def split_words(split: str) -> str:
    """How the customers that a model is judged on were chosen."""
    return _SPLITS.get(split) or words(split)


def target_words(target: str) -> str:
    """What is predicted."""
    return _TARGETS.get(target) or column_words(target)

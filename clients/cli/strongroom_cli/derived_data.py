"""Derived data as people and programs read it: text for a table, plain values for JSON, one cell for CSV.

Rules: text masks what the data model masks unless it is revealed; JSON and CSV hold the values. No name of an enum or of a
message reaches a reader: a state is `accepted`, an estimated value is the value itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from strongroom_cli.currencies import major_text
from strongroom_cli.output import plain, short

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from strongroom import DerivedData
    from strongroom.api.v1 import customer_pb2

Value = object
PARTS = ("entity", "segment", "imputed", "corrections", "enriched", "value", "classifications", "recommendations")
PART_OF_STEP = {
    "correct": "corrections",
    "enrich": "enriched",
    "match": "entity",
    "impute": "imputed",
    "segment": "segment",
    "value": "value",
    "classify": "classifications",
    "associate": "recommendations",
}
_STATE = "PROPOSAL_STATE_"
_VALUE_KEYS = frozenset({"string_value", "int_value", "double_value", "bool_value", "date_value"})


def derived_plain(derived: DerivedData) -> dict[str, Value]:
    """Return derived data as plain JSON values, what is not set left out."""
    return {key: _plain(value) for key, value in plain(derived).items()}


def _plain(value: Value) -> Value:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        if len(value) == 1 and not value.keys() - _VALUE_KEYS:
            return next(iter(value.values()))
        return {key: _plain(item) for key, item in value.items()}
    return value.removeprefix(_STATE).lower() if isinstance(value, str) and value.startswith(_STATE) else value


def derived_text(derived: DerivedData, part: str, *, reveal: bool) -> str:
    """Return one part as a line for people, "" if it is not there."""
    return _TEXTS[part](derived, reveal)


def derived_cell(derived: DerivedData, part: str) -> str:
    """Return one part as a cell of a CSV file, "" if it is not there: a word where one is enough, else JSON."""
    if part == "entity":
        return derived.entity.entity
    if part == "segment":
        return derived.segment.label or (str(derived.segment.segment) if derived.segment.segment else "")
    values = derived_plain(derived).get(part)
    if isinstance(values, list):
        values = _BY_KEY[part](values)
    return json.dumps(values, ensure_ascii=False) if values else ""


_Items = Sequence[Mapping[str, Value]]
_BY_KEY: dict[str, Callable[[_Items], Value]] = {
    "imputed": lambda items: {str(item["field"]): item.get("value") for item in items},
    "enriched": lambda items: {str(item["field"]): item.get("value") for item in items},
    "corrections": lambda items: {str(item["field"]): item.get("after", "") for item in items},
    "classifications": lambda items: {
        str(item["target"]): {key: item[key] for key in ("label", "probability", "abstained") if key in item} for item in items
    },
    "recommendations": lambda items: [item.get("product", "") for item in items],
}


def _shown(message: Message, field: str, *, reveal: bool) -> str:
    from strongroom.masking import STARS, is_masked, masked_value

    value = getattr(message, field)
    estimated = hasattr(value, "WhichOneof")
    if reveal or not is_masked(message, field):
        return str(_attribute(value)) if estimated else str(value)
    return STARS if estimated else masked_value(message, field)


def _attribute(value: customer_pb2.AttributeValue) -> Value:
    chosen = value.WhichOneof("value")
    return "" if chosen is None else getattr(value, chosen)


def _entity(derived: DerivedData, _reveal: bool) -> str:  # noqa: FBT001 - one signature for all parts
    if not derived.HasField("entity"):
        return ""
    found = derived.entity
    text = f"{found.entity} ({found.size} record{'' if found.size == 1 else 's'}{', leads' if found.leads else ''})"
    golden = _listed(f"{item.field} of {short(item.customer)} ({item.rule.replace('_', ' ')})" for item in found.golden)
    return f"{text}; golden record: {golden}" if golden else text


def _segment(derived: DerivedData, _reveal: bool) -> str:  # noqa: FBT001 - one signature for all parts
    if not derived.HasField("segment"):
        return ""
    found = derived.segment
    moves = _listed(f"{item.label} if {item.feature} {item.change:+g} {item.unit}".rstrip() for item in found.moves)
    name = found.label or str(found.segment)
    return f"{name} ({found.confidence:.0%})" + (f"; would be {moves}" if moves else "")


def _imputed(derived: DerivedData, reveal: bool) -> str:  # noqa: FBT001 - one signature for all parts
    def one(item: customer_pb2.ImputedValue) -> str:
        between = f", {item.lower:g} to {item.upper:g}" if reveal and item.HasField("lower") and item.HasField("upper") else ""
        return f"{item.field} = {_shown(item, 'value', reveal=reveal)} ({item.method}{between})"

    return _listed(map(one, derived.imputed))


def _corrections(derived: DerivedData, reveal: bool) -> str:  # noqa: FBT001 - one signature for all parts
    from strongroom.api.v1.customer_pb2 import ProposalState

    def one(item: customer_pb2.Correction) -> str:
        state = ProposalState.Name(item.state).removeprefix(_STATE).lower()
        after = _shown(item, "after", reveal=reveal)
        return f"{item.field}: {_shown(item, 'before', reveal=reveal)} -> {after} ({item.rule}, {state})"

    return _listed(map(one, derived.corrections))


def _enriched(derived: DerivedData, reveal: bool) -> str:  # noqa: FBT001 - one signature for all parts
    return _listed(f"{item.field} = {_shown(item, 'value', reveal=reveal)} (from {item.source})" for item in derived.enriched)


def _value(derived: DerivedData, _reveal: bool) -> str:  # noqa: FBT001 - one signature for all parts
    if not derived.HasField("value"):
        return ""
    found = derived.value
    between = f"({found.purchases_lower:.1f} to {found.purchases_upper:.1f})"
    parts = [f"{found.expected_purchases:.1f} purchases in {found.horizon_days} days {between}"]
    if found.HasField("expected_value_minor"):
        amounts = (found.expected_value_minor, found.value_lower_minor, found.value_upper_minor)
        worth, least, most = (major_text(amount, found.currency) for amount in amounts)
        parts.append(" ".join(filter(None, ["worth", worth, found.currency, f"({least} to {most})"])))
    again, chance = "still buys", found.alive_probability
    if found.HasField("returns_probability"):
        again, chance = f"buys again within {found.horizon_days} days", found.returns_probability
    return ", ".join([*parts, f"{again}: {chance:.0%}"])


def _classifications(derived: DerivedData, reveal: bool) -> str:  # noqa: FBT001 - one signature for all parts
    def one(item: customer_pb2.Classification) -> str:
        if item.abstained:
            return f"{item.target}: cannot say"
        because = ", ".join(reason.field for reason in item.reasons)
        text = f"{item.target}: {_shown(item, 'label', reveal=reveal)} ({item.probability:.0%})"
        return f"{text} because of {because}" if because else text

    return _listed(map(one, derived.classifications))


def _recommendations(derived: DerivedData, reveal: bool) -> str:  # noqa: FBT001 - one signature for all parts
    def one(item: customer_pb2.Recommendation) -> str:
        because = " and ".join(item.because_names or item.because) if reveal else ""
        called = "product_name" if item.product_name else "product"
        text = f"{_shown(item, called, reveal=reveal)} ({item.lift:.1f} times as likely)"
        return f"{text} because of {because}" if because else text

    return _listed(map(one, derived.recommendations))


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(texts)


_TEXTS: dict[str, Callable[[DerivedData, bool], str]] = {
    "entity": _entity,
    "segment": _segment,
    "imputed": _imputed,
    "corrections": _corrections,
    "enriched": _enriched,
    "value": _value,
    "classifications": _classifications,
    "recommendations": _recommendations,
}

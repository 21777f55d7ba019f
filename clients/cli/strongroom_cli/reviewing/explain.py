"""A proposal in words: what is asked, what speaks for and against it in order, both records side by side.

Rules: pure text from messages; values come as the vault shows them, masked unless a purpose allowed more; nothing is masked or
revealed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from strongroom_cli.output import cell_text, enum_word, moment, plain, printable, short

if TYPE_CHECKING:
    from strongroom.api.v1.review_service_pb2 import FieldWeight, GetProposalResponse, Proposal, ReviewedRecord

TAKEN_BACK = "dependence"
"""What `match` takes back because fields that go together say the same."""
_BAR = 24
_WIDEST = 40
_NOT_SHOWN = frozenset({"name", "etag", "version", "state", "create_time", "update_time", "derived", "provenance"})


def field_word(field: str) -> str:
    """What a step weighed, by the name that the record shows."""
    if field == TAKEN_BACK:
        return "(said twice)"
    return f"attributes.{field.removeprefix('attr.')}" if field.startswith("attr.") else field


def state_word(proposal: Proposal) -> str:
    """The state as people say it; `waiting for a second vote` in two-person review."""
    from strongroom.api.v1.customer_pb2 import ProposalState

    if proposal.open_votes:
        return "waiting for a second vote"
    return enum_word(ProposalState.Name(proposal.state), "PROPOSAL_STATE_")


def explanation(found: GetProposalResponse) -> Iterator[str]:
    """Lines that explain a proposal to a person."""
    proposal = found.proposal
    yield f"{short(proposal.name)}  {state_word(proposal)}"
    yield from _question(found)
    yield from _votes(proposal)
    if proposal.weights:
        yield ""
        yield from weights(proposal.weights)
    yield ""
    yield from side_by_side(found.records)


def _question(found: GetProposalResponse) -> Iterator[str]:
    proposal = found.proposal
    if proposal.other_customer:
        said = "are one person" if proposal.run else "were compared by a person"
        yield f"Customers A {short(proposal.customer)} and B {short(proposal.other_customer)} {said}."
    else:
        yield f"Rule {proposal.rule} says that {proposal.field} of customer {short(proposal.customer)} is written wrongly:"
        yield f"  {found.before or '(nothing)'}  ->  {found.after or '(nothing)'}"
    if proposal.run:
        said = f"The run was {proposal.score:.0%} sure (step {proposal.step} of run {short(proposal.run)})."
        if proposal.HasField("accept_probability"):
            said += f" People accepted {proposal.accept_probability:.0%} of such pairs."
        yield said


def _votes(proposal: Proposal) -> Iterator[str]:
    from strongroom.api.v1.review_service_pb2 import Verdict

    if proposal.assignee:
        yield f"Assigned to {short(proposal.assignee)}."
    for vote in proposal.votes:
        word = enum_word(Verdict.Name(vote.verdict), "VERDICT_")
        yield f"{moment(vote, 'time')}  {short(vote.principal)}: {word}" + (f" ({vote.comment})" if vote.comment else "")


def weights(found: Sequence[FieldWeight]) -> Iterator[str]:
    """What speaks for and against, the heaviest first, each with a bar; then the same in a sentence."""
    most = max(abs(one.weight) for one in found) or 1.0
    width = max(len(field_word(one.field)) for one in found)
    for one in found:
        bar = ("+" if one.weight >= 0 else "-") * max(1, round(_BAR * abs(one.weight) / most))
        yield f"  {field_word(one.field):<{width}}  {one.weight:>+8.2f}  {bar}"
    said = [one for one in found if one.weight and one.field != TAKEN_BACK]
    pro, contra = ([field_word(one.field) for one in said if (one.weight > 0) == wanted] for wanted in (True, False))
    parts = [f"{', '.join(names)} {speak}" for names, speak in ((pro, "for it"), (contra, "against it")) if names]
    if parts:
        yield f"In this order speak {'; '.join(parts)}."
    if any(one.field == TAKEN_BACK and one.weight < 0 for one in found):
        yield "Some of these fields go together and say the same; what they say twice is taken back."


def side_by_side(records: Sequence[ReviewedRecord]) -> Iterator[str]:
    """Every field of the records, one line a field; `=` where both show the same whole value."""
    columns = [dict(_fields(record)) for record in records]
    whole = [frozenset(record.shown_fields) for record in records]
    names = list(dict.fromkeys(chain.from_iterable(columns)))
    if not names:
        yield "  (the records show nothing)"
        return
    width = max(map(len, names))
    for name in names:
        texts = [column.get(name, "") for column in columns]
        same = len(texts) > 1 and all(name in fields for fields in whole) and len(set(texts)) == 1
        cells = "  ".join(f"{_cut(text):<{_WIDEST}}" for text in texts)
        yield f"{'=' if same else ' '} {name:<{width}}  {cells}".rstrip()


def _fields(record: ReviewedRecord) -> Iterator[tuple[str, str]]:
    for field, value in plain(record.customer).items():
        if field in _NOT_SHOWN:
            continue
        if field == "attributes" and isinstance(value, Mapping):
            yield from ((f"attributes.{key}", _text(item)) for key, item in sorted(value.items()))
        else:
            yield field, _text(value)


def _text(value: object) -> str:
    """A value in one line: messages by their parts."""
    if isinstance(value, Mapping):
        return " ".join(_text(item) for item in value.values())
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return printable(cell_text(value))


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "\u2026"

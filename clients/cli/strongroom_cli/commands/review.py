"""`strongroom review`: list, show, accept, reject, assign, reopen, link, split, run, settings."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from strongroom_cli import exit_codes
from strongroom_cli.output import Record, enum_word, plain, short
from strongroom_cli.session import count, open_client, output_of, shared_options

if TYPE_CHECKING:
    from strongroom.api.v1.review_service_pb2 import Proposal

_COLUMNS = ("proposal", "kind", "asks", "sure", "likely", "state", "assignee")
_DECIDED = ("proposal", "state", "assignee")
_KINDS = ("match", "correction")
_ID = "id or name, as `strongroom review list` shows it"


def register(noun: argparse.ArgumentParser) -> None:
    """Add the verbs."""
    verbs = noun.add_subparsers(dest="verb", metavar="VERB", title="verbs", required=True)
    shared = shared_options()
    listing = verbs.add_parser("list", parents=[shared], help="list proposals, the most doubtful first")
    listing.add_argument("--state", choices=("pending", "accepted", "rejected", "withdrawn"), default="pending")
    _add_filters(listing)
    listing.add_argument("--limit", type=count, default=50, metavar="N", help="most to show, 0 for all (default: 50)")
    listing.set_defaults(run=_list)
    show = verbs.add_parser("show", parents=[shared], help="explain one proposal, with both records side by side")
    show.add_argument("proposal", metavar="PROPOSAL", help=_ID)
    _add_purpose(show)
    show.set_defaults(run=_show)
    for verb, what in (("accept", "say that it is right"), ("reject", "say that it is wrong"), ("reopen", "take it back")):
        decide = verbs.add_parser(verb, parents=[shared], help=f"{what}, for one proposal or several")
        decide.add_argument("proposals", nargs="+", metavar="PROPOSAL", help=_ID)
        decide.add_argument("--comment", default="", metavar="TEXT", help="why; kept with the decision")
        decide.set_defaults(run=_decide)
    assign = verbs.add_parser("assign", parents=[shared], help="give proposals to somebody to look at, or to nobody")
    assign.add_argument("proposals", nargs="+", metavar="PROPOSAL", help=_ID)
    assign.add_argument("--to", required=True, metavar="PRINCIPAL", help='principal, "" for nobody')
    assign.set_defaults(run=_assign)
    for verb, what in (("link", "are the same person"), ("split", "are never the same person")):
        pair = verbs.add_parser(verb, parents=[shared], help=f"say that two customers {what}")
        pair.add_argument("customer", metavar="CUSTOMER", help="id, name or SOURCE:ID of one customer")
        pair.add_argument("other", metavar="CUSTOMER", help="the same for the other")
        pair.add_argument("--comment", default="", metavar="TEXT", help="why; kept with the decision")
        pair.set_defaults(run=_constrain)
    session = verbs.add_parser("run", parents=[shared], help="review on the keyboard, one key a proposal")
    _add_filters(session)
    _add_purpose(session)
    session.set_defaults(run=_run)
    settings = verbs.add_parser("settings", parents=[shared], help="show or change how the tenant reviews")
    settings.add_argument(
        "--two-person",
        choices=("on", "off", *_KINDS),
        help="whether two different people must agree: on every decision, on none, or on those of one kind",
    )
    settings.set_defaults(run=_settings)


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--kind", choices=_KINDS, default="", help="only these (default: both)")
    parser.add_argument("--assignee", default="", metavar="PRINCIPAL", help="only those of this principal")


def _add_purpose(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--purpose", default="", metavar="ID", help="show the values that this purpose may see (default: all masked)"
    )


def _list(given: argparse.Namespace) -> int:
    out = output_of(given)
    with open_client(given) as client:
        size = min(given.limit or 500, 500)
        found = client.review.list(state=given.state, kind=given.kind, assignee=given.assignee, page_size=size)
        chosen = itertools.islice(found, given.limit or None)
        if out.format != "table":
            out.records(map(in_words, chosen), ())
            return exit_codes.OK
        shown = out.records(
            map(_row, chosen), _COLUMNS, empty="Nothing waits." if given.state == "pending" else "Nothing found."
        )
        calibration = client.review.page(page_size=1).calibration if shown else None
    if calibration is not None and calibration.decisions:
        out.say(f"likely: what people accepted of pairs of such a score, from {calibration.decisions} decisions.")
    return exit_codes.OK


def _row(proposal: Proposal) -> Record:
    from strongroom_cli.reviewing.explain import state_word

    match = bool(proposal.other_customer)
    return {
        "proposal": short(proposal.name),
        "kind": "match" if match else "correction",
        "asks": _asks(proposal),
        "sure": f"{proposal.score:.0%}" if proposal.run else "",
        "likely": f"{proposal.accept_probability:.0%}" if proposal.HasField("accept_probability") else "",
        "state": state_word(proposal),
        "assignee": short(proposal.assignee),
    }


def in_words(proposal: Proposal) -> Record:
    """A proposal for json: no name of an enum reaches a reader."""
    from strongroom.api.v1.customer_pb2 import ProposalState
    from strongroom.api.v1.review_service_pb2 import ProposalKind, Verdict

    votes = [
        {**plain(vote), "principal": short(vote.principal), "verdict": enum_word(Verdict.Name(vote.verdict), "VERDICT_")}
        for vote in proposal.votes
    ]
    return {
        **plain(proposal),
        "kind": enum_word(ProposalKind.Name(proposal.kind), "PROPOSAL_KIND_"),
        "state": enum_word(ProposalState.Name(proposal.state), "PROPOSAL_STATE_"),
        "votes": votes,
    }


def _asks(proposal: Proposal) -> str:
    """The question in a few words, without values."""
    from strongroom_cli.reviewing.explain import TAKEN_BACK, field_word

    if not proposal.other_customer:
        return f"{proposal.field}: {proposal.rule}"
    said = [one for one in proposal.weights if one.field != TAKEN_BACK]
    pro = [field_word(one.field) for one in said if one.weight > 0][:3]
    contra = [field_word(one.field) for one in said if one.weight < 0][:2]
    parts = [", ".join(pro) and f"same {', '.join(pro)}", ", ".join(contra) and f"but {', '.join(contra)}"]
    return " ".join(part for part in parts if part) or "asked by a person"


def _show(given: argparse.Namespace) -> int:
    from strongroom_cli.output import printable
    from strongroom_cli.reviewing.explain import explanation

    out = output_of(given)
    with open_client(given) as client:
        found = client.review.get(given.proposal, purpose=given.purpose)
    if out.format != "table":
        out.record({**plain(found), "proposal": in_words(found.proposal)})
        return exit_codes.OK
    for line in explanation(found):
        out.out.write(printable(line) + "\n")
    if not given.purpose:
        out.say("Personal values are masked; --purpose shows those that it may see.")
    return exit_codes.OK


def _decide(given: argparse.Namespace) -> int:
    with open_client(given) as client:
        verbs = {"accept": client.review.accept, "reject": client.review.reject, "reopen": client.review.reopen}
        return _each(given, lambda name: verbs[given.verb](name, comment=given.comment))


def _assign(given: argparse.Namespace) -> int:
    with open_client(given) as client:
        return _each(given, lambda name: client.review.assign(name, given.to))


def _constrain(given: argparse.Namespace) -> int:
    from strongroom_cli.commands.customers import resolved

    with open_client(given) as client:
        say = client.review.link if given.verb == "link" else client.review.split
        one, other = (resolved(client, name) for name in (given.customer, given.other))
        return _told(given, [say(one, other, comment=given.comment)])


def _each(given: argparse.Namespace, act: Callable[[str], Proposal]) -> int:
    """One after the other; where one is refused, what was done before is told, and that it stands."""
    done: list[Proposal] = []
    try:
        for name in given.proposals:
            done.append(act(name))  # noqa: PERF401 - what was done before a refusal must be told
    except Exception:
        if len(given.proposals) > 1:
            if done:
                _told(given, done)
            rest = given.proposals[len(done) :]
            output_of(given).say(f"{len(done)} of {len(given.proposals)} done; it stopped at {rest[0]}.")
        raise
    return _told(given, done)


def _told(given: argparse.Namespace, proposals: Sequence[Proposal]) -> int:
    out = output_of(given)
    out.records(map(_row if out.format == "table" else in_words, proposals), _DECIDED)
    return exit_codes.OK


def _run(given: argparse.Namespace) -> int:
    from strongroom_cli.output import printable
    from strongroom_cli.reviewing.keyboard import KeyboardReview
    from strongroom_cli.reviewing.keys import terminal_keys

    out = output_of(given)
    with terminal_keys(given.interrupts.check) as keys, open_client(given) as client:

        def say(line: str) -> None:
            out.out.write(printable(line) + "\n")
            out.out.flush()

        session = KeyboardReview(
            client=client, keys=keys, say=say, purpose=given.purpose, me=client.access.who_am_i().principal.name
        )
        session.go(client.review.list(kind=given.kind, assignee=given.assignee))
    return exit_codes.OK


def _settings(given: argparse.Namespace) -> int:
    from strongroom.api.v1.review_service_pb2 import ProposalKind, ReviewSettings

    out = output_of(given)
    with open_client(given) as client:
        found = client.review.settings()
        if given.two_person is not None:
            chosen = [ProposalKind.Value(f"PROPOSAL_KIND_{kind.upper()}") for kind in _KINDS if kind == given.two_person]
            found = client.review.update_settings(ReviewSettings(two_person=given.two_person == "on", two_person_kinds=chosen))
    kinds = [enum_word(ProposalKind.Name(kind), "PROPOSAL_KIND_") for kind in found.two_person_kinds]
    if out.format == "table":
        out.record({"two_person": ", ".join(kinds) or found.two_person})
    else:
        out.record({"two_person": found.two_person, "two_person_kinds": kinds})
    return exit_codes.OK

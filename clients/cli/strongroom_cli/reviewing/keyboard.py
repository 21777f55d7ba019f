"""The keyboard review: one proposal after the other, one key each.

Rules: what is shown is what is decided (the etag goes with every vote, and no key counts that was pressed before); an undo
takes back the last decision of this session and shows it again; a refusal by the vault is told and the next proposal comes;
nothing is kept on this side.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from strongroom_cli.reviewing.explain import explanation

if TYPE_CHECKING:
    from strongroom import Client
    from strongroom.api.v1.review_service_pb2 import Proposal
    from strongroom_cli.reviewing.keys import Keys

_HELP = "a accept   r reject   s skip   u undo last   q quit"


@dataclass(slots=True, kw_only=True)
class KeyboardReview:
    """One session.

    Attributes:
        client: the SDK.
        keys: where the answers come from.
        say: prints a line.
        purpose: under which values are shown; "" masks them.
        me: the reviewer's resource name: who voted is not asked again.
    """

    client: Client
    keys: Keys
    say: Callable[[str], None]
    purpose: str
    me: str
    done: Counter[str] = field(default_factory=Counter)
    _decided: list[str] = field(default_factory=list)

    def go(self, waiting: Iterator[Proposal]) -> None:
        """Go through the proposals until they or the reviewer end."""
        for proposal in waiting:
            if proposal.open_votes and proposal.votes[-1].principal == self.me:
                continue
            if not self._ask(proposal.name):
                break
        else:
            self.say("Nothing more waits.")
        self.say(", ".join(f"{count} {word}" for word, count in sorted(self.done.items())) or "Nothing was decided.")

    def _ask(self, name: str) -> bool:
        """Show one proposal until it is decided or left; False ends the session."""
        from strongroom.errors import CallerError

        stack = [name]
        while stack:
            try:
                found = self.client.review.get(stack[-1], purpose=self.purpose)
            except CallerError as error:
                self.say(f"{error.message} [{error.reason}]")
                stack.pop()
                continue
            self.keys.drop()
            for line in explanation(found):
                self.say(line)
            self.say(_HELP)
            answer = self._answer()
            if answer == "q":
                return False
            if answer == "u":
                self._undo(stack)
                continue
            self._act(answer, found.proposal)
            stack.pop()
        return True

    def _answer(self) -> str:
        """The next key that means something; the end of the terminal means quit."""
        while True:
            pressed = self.keys.read()
            if pressed in ("", "\x04"):
                return "q"
            if pressed.lower() in "arsuq":
                return pressed.lower()

    def _act(self, answer: str, proposal: Proposal) -> None:
        from strongroom.errors import CallerError

        if answer == "s":
            self.done["skipped"] += 1
            return
        vote, word = (self.client.review.accept, "accepted") if answer == "a" else (self.client.review.reject, "rejected")
        try:
            after = vote(proposal.name, etag=proposal.etag)
        except CallerError as error:
            self.say(f"{error.message} [{error.reason}]")
            return
        self.say(f"{word}, another person must agree" if after.open_votes else word)
        self.done[word] += 1
        self._decided.append(f"{word} {proposal.name}")

    def _undo(self, stack: list[str]) -> None:
        from strongroom.errors import CallerError

        if not self._decided:
            self.say("There is nothing to undo.")
            return
        word, _, name = self._decided.pop().partition(" ")
        try:
            self.client.review.reopen(name)
        except CallerError as error:
            self.say(f"{error.message} [{error.reason}]")
            return
        self.done -= Counter({word: 1})
        stack.append(name)

"""What can go wrong in a match, by who can fix it. No message ever carries a value of a record."""


class MatchError(Exception):
    """Root of the match step's errors."""


class MatchOptionsError(MatchError):
    """The caller set an option outside its range."""


class MatchInputError(MatchError):
    """The table handed in has no usable `row_id`, or a column of a type the step cannot read."""


class MatchEngineError(MatchError):
    """The embedded engine refused a query, usually because the memory limit was reached.

    The engine's own message is dropped: it may quote a value.
    """

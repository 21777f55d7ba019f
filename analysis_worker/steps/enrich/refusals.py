"""What the step refuses: options that name what it must not fill, or tables without a column that was declared."""


class EnrichRefusedError(ValueError):
    """The options cannot be followed; the text names fields, columns and references, never a value."""

"""Builds HTML so that forgetting to escape is impossible: text becomes markup only through `tag`, which escapes it.

Rule: no other module of the report writes an angle bracket. Attribute names are ours; attribute values are escaped like text.
"""

from __future__ import annotations

from html import escape


class Markup(str):
    """Text that is already HTML; only this module makes it."""

    __slots__ = ()


Child = Markup | str
EMPTY = Markup("")
_VOID = frozenset({"meta", "br", "rect", "line", "circle"})


def tag(element: str, /, *children: Child, **attributes: str | float) -> Markup:
    """One element. Plain strings among the children are escaped; `class_` stands for class, `_` in names for a hyphen."""
    written = "".join(f' {_attribute(key)}="{escape(_value(value))}"' for key, value in attributes.items())
    if element in _VOID:
        return Markup(f"<{element}{written}/>")
    return Markup(f"<{element}{written}>{join(*children)}</{element}>")


def join(*children: Child) -> Markup:
    """Children one after the other, plain strings escaped."""
    return Markup("".join(child if isinstance(child, Markup) else escape(child) for child in children))


def page(head: Markup, body: Markup) -> str:
    """A whole document in English."""
    return f'<!doctype html>\n<html lang="en">{head}{body}</html>\n'


def stylesheet(text: str) -> Markup:
    """Our own constant CSS; never anything from input."""
    return Markup(f"<style>{text}</style>")


def _attribute(key: str) -> str:
    return key.rstrip("_").replace("_", "-") if key != "viewBox" else key


def _value(value: str | float) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)

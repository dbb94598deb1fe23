"""Text: names that others gave, safe to pass on to programs that read more into them."""

_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula, half and full width."""


def printable(name: str) -> str:
    """Return a name on one line: a space for each character that does not print."""
    return "".join(character if character.isprintable() else " " for character in name).strip()


def inert(name: str) -> str:
    """Return a name that no spreadsheet runs: an apostrophe makes text of a formula."""
    text = printable(name)
    return f"'{text}" if text.startswith(_FORMULA) else text

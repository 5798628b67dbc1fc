"""Prose: Markdown in triple quotes, with numbers put in by name."""

import re
from functools import lru_cache
from inspect import cleandoc

# An equation stays as it is. A line that begins no block of Markdown goes on with the line before.
_EQUATION_OR_END = re.compile(
    r"(?<!\S)(\$\$\n.*?\n\$\$\n*)|(?<!\n)\n *(?!\n|#|- |\||\d+\. |\$\$| )", re.DOTALL
)
# A name in braces. Braces right after a letter, a digit, ^, _ or } are LaTeX's: \frac{w}{n}.
_NAME = re.compile(r"(?<![\w\\^}])\{([A-Za-z]\w*)\}")


def fill(text: str, **says: object) -> str:
    """Take the indentation away, join the lines of a paragraph, and put in what has a name.

    `{w}` stands for the argument `w`. KeyError where a name is missing, or given and not used.
    """
    joined, named = _joined(text)
    if wrong := named ^ says.keys():
        raise KeyError(f"given without use, or missing: {', '.join(sorted(wrong))}")
    return _NAME.sub(lambda found: str(says[found[1]]), joined) if says else joined


@lru_cache(2000)
def _joined(text: str) -> tuple[str, frozenset[str]]:
    """What an article says is the same for all readers: its paragraphs in lines, its names."""
    lines = cleandoc(text)
    joined = _EQUATION_OR_END.sub(lambda found: found[1] or " ", lines)
    return joined, frozenset(_NAME.findall(lines))

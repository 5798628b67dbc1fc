"""Prose: Markdown in triple quotes, with numbers put in by name."""

import re
from inspect import cleandoc

# What begins a line of its own in Markdown; any other line goes on with the paragraph before it.
_LINE = r"(?<!\n)\n *(?!\n|#|- |\||\d+\. |\$\$| )"
# A name in braces. Braces right after a letter, a digit, ^, _ or } are LaTeX's: \frac{w}{n}.
_NAME = re.compile(r"(?<![\w\\^}])\{([A-Za-z]\w*)\}")


def fill(text: str, **says: object) -> str:
    """Take the indentation away, join the lines of a paragraph, and put in what has a name.

    `{w}` stands for the argument `w`. KeyError where a name is missing, or given and not used.
    """
    lines = cleandoc(text)
    named = set(_NAME.findall(lines))
    if wrong := named ^ says.keys():
        raise KeyError(f"given without use, or missing: {', '.join(sorted(wrong))}")
    blocks = re.split(r"(?<!\S)(\$\$\n.*?\n\$\$\n?)", lines, flags=re.S)
    joined = "".join(b if b.startswith("$$") else re.sub(_LINE, " ", b) for b in blocks)
    return _NAME.sub(lambda found: str(says[found[1]]), joined)

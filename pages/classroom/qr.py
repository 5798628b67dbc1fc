"""QR codes of links, large enough for the last row."""

from functools import lru_cache

import segno

_MOST = 1500  # characters: beyond, the squares are too small for a phone at the back


def fits(link: str) -> bool:
    """Whether a phone can read the link's code from a screen."""
    return len(link) <= _MOST


@lru_cache(100)
def svg(link: str) -> str:
    """The link's QR code, black on white, with its quiet margin. Raises ValueError if too long.

    On a screen nothing is scratched: the least correction gives the largest squares.
    Drawn in the page: a picture of its own would be in one process, and gone at the next change of
    the link, perhaps before the browser has asked for it.
    """
    return segno.make(link, error="l", micro=False).svg_inline(scale=8, border=4, light="white")

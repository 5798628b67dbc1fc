"""QR codes of links, large enough for the last row."""

from io import BytesIO

import segno

_MOST = 1500  # characters: beyond, the squares are too small for a phone at the back


def fits(link: str) -> bool:
    """Whether a phone can read the link's code from a screen."""
    return len(link) <= _MOST


def png(link: str) -> bytes:
    """The link's QR code, black on white, with its quiet margin. Raises ValueError if too long."""
    out = BytesIO()
    segno.make(link, error="m", micro=False).save(out, kind="png", scale=8, border=4)
    return out.getvalue()

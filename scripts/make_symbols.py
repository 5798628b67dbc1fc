"""Remake deploy/fonts: Streamlit's font of icons with those icons alone that its pages can name.

    pip install fonttools==4.68.0 brotli==1.2.1
    python -m scripts.make_symbols

The whole font, Material Symbols (Google, Apache License 2.0), has 4,000 icons and is a tenth of
what a first visit loads. An icon is asked for by its name, which the font puts together as a
ligature. So those are kept whose names stand as words in the frontend's scripts, or in this site's
pages.
"""

import re
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from deploy.files import FONTS, SOURCE, SYMBOLS

ROOT = Path(__file__).parents[1]
_WORD = re.compile(r"[\"'`/]([a-z0-9_]{2,40})[\"'`:]")


def words() -> set[str]:
    """All that could be an icon's name."""
    sources = [*(SOURCE / "static/js").glob("*.js"), *(ROOT / "pages").rglob("*.py")]
    return {word for file in sources for word in _WORD.findall(file.read_text("utf-8"))}


def ligatures(font: TTFont) -> dict[str, str]:
    """The glyph that each icon's name becomes."""
    letter = {glyph: chr(code) for code, glyph in font.getBestCmap().items()}
    found = {}
    for lookup in font["GSUB"].table.LookupList.Lookup:
        for table in lookup.SubTable:
            table = getattr(table, "ExtSubTable", table)
            for first, rest in getattr(table, "ligatures", {}).items():
                for each in rest:
                    name = "".join(letter.get(part, "?") for part in (first, *each.Component))
                    found[name] = each.LigGlyph
    return found


def main() -> None:
    (whole,) = (SOURCE / "static/media").glob(SYMBOLS)
    font = TTFont(whole)
    icons = ligatures(font)
    kept = sorted(words() & icons.keys())
    letters = {font.getBestCmap()[ord(c)] for name in kept for c in name}
    options = Options(layout_closure=False, layout_features=["*"], flavor="woff2")
    subsetter = Subsetter(options)
    subsetter.populate(glyphs={*letters, *(icons[name] for name in kept)})
    subsetter.subset(font)
    font.flavor = "woff2"
    FONTS.mkdir(exist_ok=True)
    for old in FONTS.glob("*.woff2"):
        old.unlink()
    font.save(FONTS / whole.name)
    size = (FONTS / whole.name).stat().st_size
    was = whole.stat().st_size
    print(f"{len(kept)} of {len(icons)} icons, {size / 1000:.0f} of {was / 1000:.0f} kB")


if __name__ == "__main__":
    main()

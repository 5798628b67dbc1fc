"""The files that every reader's browser asks for, laid out for nginx: plain and compressed."""

import gzip
import shutil
import subprocess
from pathlib import Path

import streamlit

SOURCE = Path(streamlit.__file__).parent / "static"
FONTS = Path(__file__).with_name("fonts")
SYMBOLS = "MaterialSymbols-Rounded.*.woff2"
COMPRESSED = {".js", ".css", ".json", ".svg"}  # fonts and pictures are already
_LARGEST = 1_000_000  # bytes; the few files beyond are for charts that this site does not draw


def lay_out(folder: Path, source: Path = SOURCE) -> None:
    """Make `folder/static`: copies of Streamlit's files, a `.gz` beside what gets smaller by it.

    Copies, and readable by everybody: where root starts nginx, its workers are somebody else, who
    may not enter the folder of a virtual environment. A font of ours with the very name, and so
    made from that very file, takes its place.
    """
    for file in _files(source):
        place = folder / file.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        ours = FONTS / file.name
        shutil.copyfile(ours if ours.is_file() else file, place)
        if file.suffix in COMPRESSED:
            packed = gzip.compress(file.read_bytes(), 9, mtime=0)
            place.with_name(f"{file.name}.gz").write_bytes(packed)
    for made in (folder, *folder.rglob("*")):
        made.chmod(0o755 if made.is_dir() else 0o644)


def add_brotli(folder: Path, source: Path = SOURCE) -> None:
    """Add a `.br` beside each `.gz`, a sixth smaller. It takes a core half a minute, so it is done
    while the site serves, at the lowest priority; each file is there whole or not at all."""
    program = shutil.which("brotli")
    if not program:
        return
    for file in _files(source):
        if file.suffix not in COMPRESSED or file.stat().st_size > _LARGEST:
            continue
        place = folder / file.relative_to(source)
        begun = place.with_name(f"{file.name}.br.new")
        done = subprocess.run(
            ["nice", "-n", "19", program, "-q", "11", "-o", str(begun), str(place)],
            stdout=subprocess.DEVNULL,
        )
        if done.returncode or not folder.is_dir():
            return
        begun.rename(place.with_name(f"{file.name}.br"))


def _files(source: Path) -> list[Path]:
    """What lies in `static`, the entrance first: its scripts are wanted soonest."""
    found = [file for file in (source / "static").rglob("*") if file.is_file()]
    return sorted(found, key=lambda file: (file.suffix, file.name not in page(source), file.name))


def page(source: Path = SOURCE) -> str:
    """The HTML that every address of the site is answered with."""
    return (source / "index.html").read_text("utf-8")

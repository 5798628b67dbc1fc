#!/usr/bin/env bash
# Guess, written down first: opening a page in AppTest costs what its script costs. What else is
# installed in the environment plays no part, least of all for a script of one line.
#
# Seen, Streamlit 1.67.0: the first run of each AppTest looks for components anew, in the metadata of
# all installed packages, and parses each of these files several times. A second run of the same
# AppTest reads none, and a server looks once, when it starts. Among 58 packages the scan was a fifth
# of the time of tests that open pages which compute much; an AppTest takes a manager that has looked
# already as `_bidi_component_manager`.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet streamlit==1.67.0
"$folder/env/bin/python" - <<'PYTHON' 2>/dev/null
import importlib.metadata as installed

from streamlit.testing.v1 import AppTest

parsed = []
of_package = installed.Distribution.metadata.fget
installed.Distribution.metadata = property(lambda self: parsed.append(1) or of_package(self))


def reads(run) -> int:
    before = len(parsed)
    run()
    return len(parsed) - before


packages = len([*installed.distributions()])
page = AppTest.from_string("import streamlit as st; st.write('one line')")
first, second = reads(page.run), reads(page.run)
other = reads(AppTest.from_string("import streamlit as st; st.write('another')").run)
print(f"{packages} packages; metadata parsed at the first run {first} times, at the second")
print(f"{second}, for another AppTest {other}")
assert other >= 2 * packages and first >= 2 * packages and second == 0
PYTHON

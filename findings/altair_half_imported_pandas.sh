#!/usr/bin/env bash
# Guess, written down first: Altair does without pandas until a chart gets a data frame, and imports
# are safe between threads; so a thread that builds a chart of no data does not care whether another
# one is importing pandas just then.
#
# Seen, Altair 6.3.0 with pandas 3.1.1: it does. Altair asks `sys.modules` for pandas and then for
# its Timestamp, with each list that it writes, a scale's domain say. While another thread imports
# pandas, that is an AttributeError of a partially initialized module. A Streamlit server on its
# first two readers is such a pair of threads.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet altair==6.3.0 pandas==3.1.1
"$folder/env/bin/python" - <<'PYTHON'
import sys
import threading

import altair as alt

assert "pandas" not in sys.modules, "Altair has imported pandas by itself"
other = threading.Thread(target=lambda: __import__("pandas"))
other.start()
errors = []
while other.is_alive():
    try:
        alt.Color("field", type="nominal", scale=alt.Scale(domain=["a", "b"]))
    except AttributeError as error:
        errors.append(str(error))
other.join()
alt.Color("field", type="nominal", scale=alt.Scale(domain=["a", "b"]))  # now it can
print(f"{len(errors)} errors while pandas was imported, the first: {errors[0]}")
assert "partially initialized module 'pandas'" in errors[0]
PYTHON

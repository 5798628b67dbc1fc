"""Why gradients vanish and explode: the explorable explainer.

streamlit run app.py
"""

from pages.classroom import frame
from pages.kit import heap, site, warm

warm.begin()
heap.begin()
site.run(frame.arrive, frame.draw)

"""Why gradients vanish and explode: the explorable explainer.

streamlit run app.py
"""

from pages.classroom import around
from pages.kit import background, heap, site, warm

background.begin("warm", warm.in_turn)
background.begin("heap", heap.give_back_from_time_to_time)
site.run(around.arrive, around.draw)

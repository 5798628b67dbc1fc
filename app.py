"""Why gradients vanish and explode: the explorable explainer.

streamlit run app.py
"""

from pages.kit import memory, site, warm

memory.share_heaps()
warm.begin()
site.run()

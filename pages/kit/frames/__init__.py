"""What the core computed, as the tidy frames that the charts draw: one module per page.

Results are kept by `lru_cache`, for all readers, and never changed in place. Streamlit's own caches
would copy them, and look at the signature of the function for every argument of every call: a
tenth of what a page costs.
"""

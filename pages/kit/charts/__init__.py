"""The charts: `grammar` is what all of them share, then one module per page."""

"""What the core computed, as the tidy frames that the charts draw: one module per page, kept."""

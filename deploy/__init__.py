"""The site behind nginx: one process per core, by one command. See docs/hosting.md."""

"""What every page is built from; it knows no concept."""

# Altair looks into whatever pandas the process has, also into one that another thread is still
# importing: of two readers who open a server that has served nothing yet, one would meet an error.
# This package is imported once, and whoever comes meanwhile waits for it.
import pandas  # noqa: F401

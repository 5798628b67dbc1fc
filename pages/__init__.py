"""One file per concept, each read top to bottom like an article."""

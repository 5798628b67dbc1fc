"""Speed and load, as ratios measured side by side."""

import logging

# Cached functions say when they are imported that no server runs around them. None should.
logging.disable(logging.WARNING)

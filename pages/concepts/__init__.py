"""What belongs to one page each: its controls, data, charts and sentences."""

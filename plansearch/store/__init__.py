"""The parts of an index on disk, and how they are written and opened together."""

"""Where sealed blocks and their state are kept: in memory, or in one SQLite database."""

"""The data folder: where files that outlive a process are, and the SQLite databases in it."""

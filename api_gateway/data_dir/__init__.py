"""The data folder: files that outlive a process, and the SQLite databases among them."""

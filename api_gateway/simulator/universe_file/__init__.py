"""The user's own universe: a TOML file with instruments, positions and cash (SIMULATOR_UNIVERSE)."""

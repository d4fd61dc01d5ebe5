"""Orders: state, types, trading hours, triggers and the next event."""

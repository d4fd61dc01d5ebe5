"""The parts of a route: parameters, effects, the relay of a response, sections and filters."""

"""What a route is made of: parameters, effects, the relay of a reply, sections and filters."""

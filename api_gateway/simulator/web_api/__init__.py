"""The HTTP face: from a request's path to the bytes of its reply."""

"""The HTTP interface of the Web API: from a request's path to the bytes of its response."""

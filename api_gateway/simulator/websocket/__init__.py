"""The WebSocket: frames, one session per client, and its streams."""

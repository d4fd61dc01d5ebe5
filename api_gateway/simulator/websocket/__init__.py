"""The WebSocket: frames, conversation, streams."""

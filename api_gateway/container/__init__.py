"""What the gateway's container is made of: configuration, entry point, health check, download."""

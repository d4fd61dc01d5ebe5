"""The client for IBKR's Web API through the gateway: one module per step of its request pipeline."""

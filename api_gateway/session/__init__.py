"""The brokerage session: its states, how they are observed and what each means for a user."""

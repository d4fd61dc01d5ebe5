"""An order: its types, hours, triggers and what happens to it next."""

"""One gradient as a sum that adds up: its shares, its paths, and where the chain is cut."""

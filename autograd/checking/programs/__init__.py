"""Programs: small functions as plain data, which run, print as source, and are put together step by step."""

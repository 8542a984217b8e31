"""Programs on arrays by NumPy: their calls, made into arrays that are there already."""

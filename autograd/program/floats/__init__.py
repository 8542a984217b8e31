"""Programs on plain floats: straight-line Python, or for large ones loops over tables of equal expressions."""

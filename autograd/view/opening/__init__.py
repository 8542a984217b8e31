"""From one entry of a Tensor to the scalars it was computed from."""

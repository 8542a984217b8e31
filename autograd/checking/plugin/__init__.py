"""What pytest and Hypothesis load by entry points: the fixture and marker `gradcheck`, its levels, and profiles."""

"""What makes a listing shorter without changing a bit, and what writes it anew in stable forms where asked."""

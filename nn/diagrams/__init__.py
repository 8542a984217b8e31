"""Diagrams: a model as the textbook draws it, circles for neurons and lines for weights."""

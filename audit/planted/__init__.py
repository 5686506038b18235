"""Planted bugs: realistic mistakes, put into copies of the project, and which of its checks notices each first."""

"""Renderings of a Report: text, terminal, HTML, GitHub annotations."""

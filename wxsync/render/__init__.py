"""Turns plans, results and problems into text; pure, one walk over the rows and a small printer for each format."""

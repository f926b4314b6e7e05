"""Fitting the rules of the tasks, and measuring them."""

"""Shares: a stage planned once, made share by share by any number of processes, and joined."""

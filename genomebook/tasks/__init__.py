"""The questions of Ask: what can be asked of a sequence, the data of each question, its rules and answers."""

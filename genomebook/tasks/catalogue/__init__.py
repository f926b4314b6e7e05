"""The catalogue: one module a task or family of tasks, each with a tuple ``TASKS``."""

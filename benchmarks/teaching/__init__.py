"""The page Class under a class: many pupils at once."""

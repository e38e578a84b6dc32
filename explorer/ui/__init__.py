"""The page: components and their wiring. Everything that is computed comes from the core."""

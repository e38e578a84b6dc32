"""The study, checked: a scoreboard of claims."""

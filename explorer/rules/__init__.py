"""From 8 logits to a decision, one rule each, and the study's slips."""

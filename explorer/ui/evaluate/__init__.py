"""Images to evaluate, in Audit a model."""

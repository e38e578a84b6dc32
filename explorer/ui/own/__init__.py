"""The place *Audit a model*: predictions or images of one's own, and whether they are fair."""

"""Results to figures and reports, one file per kind of result."""

"""The published study: its tables, counts, experiments, ANOVA and claims."""

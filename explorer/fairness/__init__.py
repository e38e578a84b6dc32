"""Group metrics, gaps, resampling, rankings and what follows from them."""

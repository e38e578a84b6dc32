"""What several places of the page share."""

"""The tone of skin pixels: as published, robust, by hand; intervals and the story of both."""

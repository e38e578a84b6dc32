"""Which pixels are skin: as published and robust; patches, artefacts, the ruler; the knobs."""

"""One lesion from image to verdicts; its curve over skins; stored answers; JSON."""

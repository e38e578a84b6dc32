"""Bytes to checked RGB: reading, zip files, the ISIC archive, colour, resizing, drawing."""

"""The same lesion on other skin: the study's skin-former, and melanin by Beer-Lambert."""

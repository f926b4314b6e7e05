"""Questions in English that were held out, and answers a second."""

"""Training and calibration of boundary scorers."""

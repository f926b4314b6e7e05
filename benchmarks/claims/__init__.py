"""Published claims measured again, each beside the control that it lacks."""

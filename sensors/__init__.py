"""Schedules and sensors, which start runs unattended; all off unless CDP_AUTOMATION=on."""

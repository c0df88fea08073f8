"""What starts runs unattended: schedules and sensors, all off unless CDP_AUTOMATION=on."""

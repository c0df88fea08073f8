"""One typed client per outside system; each names its endpoints and reads its fields."""

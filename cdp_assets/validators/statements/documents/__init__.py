"""What leaves the house: a statement's content and hash, its files and its proof."""

"""What each command does, apart from its options: the command line is in training.cli."""

"""What a model is, how it answers, and the HTTP boundary around it."""

"""Analysis: from a recording of any length to its record of episodes, events, rates and shares."""

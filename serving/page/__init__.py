"""Page: from a recording to its record in a browser, and a record as one file to keep."""

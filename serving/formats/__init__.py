"""One module a file format: from a file to the samples, names, units and rates that it states."""

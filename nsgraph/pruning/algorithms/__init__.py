"""One pruning method a file; the file's name, with dashes for underscores, is the method's name."""

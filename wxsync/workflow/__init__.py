"""One module for each verb, named after it; the only place where the rooms meet."""

"""Charts and PNG encoding: what the pages show. Nothing here knows what a number means."""

"""Charts, picture grids and PNG encoding: what the pages show. Nothing here knows where a number came from."""

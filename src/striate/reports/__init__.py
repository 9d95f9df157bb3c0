"""Self-contained HTML pages: no network request, readable without JavaScript, on paper and on a phone."""

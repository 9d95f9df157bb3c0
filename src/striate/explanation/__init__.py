"""What a network sees: its maps, its filters, what moves its answer, and where its pictures lie."""

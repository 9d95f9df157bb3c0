"""Why a network answers as it does: heat maps from its layers, from its pixels, from what is covered."""

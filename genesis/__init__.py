"""Genesis documents: made, validated and hashed by one piece of code."""

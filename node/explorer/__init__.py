"""Pages for people: what the API answers, drawn on the server and kept live by a script."""

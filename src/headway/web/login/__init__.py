"""The built-in login, for consoles that stand alone: users with passwords, sessions, tokens and sign-in links."""

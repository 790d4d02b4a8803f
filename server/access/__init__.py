"""Who may call: identities out of tokens and browser sessions, and the API that hands tokens out."""

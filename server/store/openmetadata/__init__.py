"""The OpenMetadata catalog's part of the store: services and models that users put there."""

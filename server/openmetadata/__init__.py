"""/api/v1/services, /api/v1/mlmodels and /api/v1/system: OpenMetadata's catalog over the same store."""

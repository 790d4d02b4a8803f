"""/data/sensei: Adobe's Sensei Machine Learning API over the same store."""

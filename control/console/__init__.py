"""The console: the control plane for people, as pages that work without scripts and live with them."""

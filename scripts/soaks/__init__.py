"""Long runs that find what short tests do not; ``scripts/soak`` starts them."""

"""The ground floor: errors, worker processes, polite HTTP, tables; it knows nothing of lesions."""

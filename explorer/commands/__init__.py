"""Commands of ``python -m explorer``, one module each: ``add_parser`` declares, ``run`` runs."""

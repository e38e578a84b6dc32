"""How the demo model (the embedded weights) is made: ``python -m explorer.training --help``.

``data`` chooses the images and keeps validation images out, ``augment`` and ``loss`` are what a
training step needs, ``loop`` trains, ``container`` writes and reads the weights file, and
``card`` evaluates the file and writes the model card. Nothing here is needed to run the
explorer.
"""

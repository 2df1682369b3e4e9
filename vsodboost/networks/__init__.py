"""Networks and their blocks, nothing else: no weights are read and nothing is trained here."""

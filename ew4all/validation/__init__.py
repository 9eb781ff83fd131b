"""What the simulation says of tests and disasters whose outcome was published: ``python -m ew4all.validation``.

A case is a short file with what is known of a place and a day, each with its source and date, and with what was measured there.
Everything else is the one set of defaults that all runs have, frozen in ``validation/parameters.json``. A case cannot set
anything else: `cases.KNOWN` is the whole list.
"""

"""People x hazard x radio: arrays in, arrays out. No input or output happens here."""

"""viewflow as it comes out of the box, to be measured beside our engine."""

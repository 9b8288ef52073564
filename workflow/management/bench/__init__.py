"""The work list under load: an office filled by the database alone, and sides timed in turns."""

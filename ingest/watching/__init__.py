"""What changes under folders while they are watched: hints of events, and when a file is quiet.

Events are hints, never the truth: some are lost without a sign, and a scan finds what they missed.
"""

"""The runner: every learner observes the same periods and answers the same questions."""

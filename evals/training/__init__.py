"""Teaching a language model period by period: texts, models, the loop, and its learner."""

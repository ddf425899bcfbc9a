"""A bundle that has learnt from its user's own music: style, rules, small deltas of a generator."""

"""Stage "synthesizer": a level's decoder fine-tuned on true and generated codes."""

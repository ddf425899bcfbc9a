"""What every stage of training shares: settings, the loop, checkpoints, processes, the log."""

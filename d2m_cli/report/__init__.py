"""Result records in, tables and pictures out."""

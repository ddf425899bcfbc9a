"""A dance and the takes of its music, kept in a folder: what `d2m studio` and scripts work with.

`studio.Studio` is the door. `settings` says what a take is to be, `takes` reads one from disk,
`making` makes one and `part` a part of one anew, `project` is the file that all hangs on, `edits`
what can be undone, `work` how far long work is, `exports` what leaves the folder.
"""

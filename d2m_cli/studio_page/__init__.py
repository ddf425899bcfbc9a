"""The page of `d2m studio`, served on this machine alone.

`serve` runs it, `app` lists its addresses, `guard` says who may use them, `answers` what they give;
`desk` holds the open project and the `line` of work, `state` tells the page of it, `feed` when.
The page itself, plain ES modules, lies in `static/`.
"""

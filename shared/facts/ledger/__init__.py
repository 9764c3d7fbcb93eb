"""The evidence ledger: a Merkle tree (RFC 6962) over the event log, signed and witnessed.

Whoever holds a checkpoint can tell whether a fact was in the log then, and whether the log has only
grown since: a fact that was changed, removed or put in afterwards shows. What one operator could
still do is show two histories to two readers; that is what the witnesses are for.

`tree` and `notes` are the mathematics and the formats (C2SP `signed-note`, `tlog-checkpoint`,
`tlog-cosignature`, `tlog-proof`, `tlog-tiles`) and do no I/O. The relay grows the tree (`growth`)
and signs it (`signing`), `reading` proves from the tables, `files` and `audit` check an export, and
`witness` is the other party's side.
"""

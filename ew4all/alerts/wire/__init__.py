"""What cell-broadcast centres and networks say to each other, octet for octet.

Requests and answers are plain data (`ew4all.alerts.wire.request`, `.answers`); each interface has a
module that turns them into its PDUs and back: `sbcap` (CBC to MME, TS 29.168), `s1ap` (MME to eNB,
TS 36.413), `ngap` (AMF to gNB, TS 38.413), `sib` (what the base station puts on air, TS 36.331 and
TS 38.331), `cbsp` (CBC to BSC, TS 48.049). Nothing here opens a connection but the client of CBSP.
"""

-- Notes that the call came.
UPDATE call_ins SET matched_at = $3, document = $4 WHERE tenant = $1 AND id = $2

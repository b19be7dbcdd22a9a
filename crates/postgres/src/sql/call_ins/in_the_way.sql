-- The live call-ins on these numbers that stand in the way: all of them, or those with one of these codes, of this
-- caller, or alone on their number.
SELECT c.number, c.code, c.caller, c.exclusive
FROM unnest($2::text[]) AS wanted (number)
JOIN call_ins c ON c.tenant = $1 AND c.number = wanted.number AND c.matched_at IS NULL AND c.expires_at > $3
WHERE $4 OR c.exclusive OR c.code = ANY ($5::bigint[]) OR (c.code IS NULL AND c.caller = $6)

-- Counts one admission, unless the allowance is used up.
-- KEYS[1]: the subject's sorted set, scored by the microsecond of each admission.
-- ARGV: now, the newest microsecond that has left the window, the limit, how long the key must live in ms.
-- Answers 'ok'; or, refused, the microsecond that must leave first, or 'none' where nothing is counted.
-- Microseconds travel as texts: as numbers they would lose digits on their way back to text.
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2])
local counted, limit = redis.call('ZCARD', KEYS[1]), tonumber(ARGV[3])
if counted >= limit then
  -- Where a limit was lowered, more than one must leave before there is room.
  local first = redis.call('ZRANGE', KEYS[1], counted - limit, counted - limit, 'WITHSCORES')
  return first[2] or 'none'
end
-- Members of one microsecond are numbered from 0 without a gap: they leave together, and the last is withdrawn first.
local same = redis.call('ZCOUNT', KEYS[1], ARGV[1], ARGV[1])
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[1] .. ':' .. same)
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[4]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
return 'ok'

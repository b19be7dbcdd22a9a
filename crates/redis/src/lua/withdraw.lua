-- Takes back one admission of a microsecond, if there is one.
-- KEYS[1]: the subject's sorted set. ARGV: the microsecond.
local same = redis.call('ZCOUNT', KEYS[1], ARGV[1], ARGV[1])
if same > 0 then
  redis.call('ZREM', KEYS[1], ARGV[1] .. ':' .. (same - 1))
end
return redis.status_reply('OK')

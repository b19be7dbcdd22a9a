-- Whether one more would be admitted, counting nothing.
-- KEYS[1]: the subject's sorted set. ARGV: the newest microsecond that has left the window, the limit.
-- Answers as admit.lua does.
local within = '(' .. ARGV[1]
local counted, limit = redis.call('ZCOUNT', KEYS[1], within, '+inf'), tonumber(ARGV[2])
if counted < limit then
  return 'ok'
end
local first = redis.call('ZRANGEBYSCORE', KEYS[1], within, '+inf', 'WITHSCORES', 'LIMIT', counted - limit, 1)
return first[2] or 'none'

-- Keeps a new session, unless one lives under its key.
-- KEYS[1]: the session. ARGV: now, idle and longest life in microseconds, how long the key lives in ms; when it was
-- opened, the digest of its CSRF token, the guest.
local touched, opened = unpack(redis.call('HMGET', KEYS[1], 'touched', 'opened'))
if touched and tonumber(ARGV[1]) < tonumber(touched) + tonumber(ARGV[2])
    and tonumber(ARGV[1]) < tonumber(opened) + tonumber(ARGV[3]) then
  return 0
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'touched', ARGV[1], 'opened', ARGV[5], 'csrf', ARGV[6], 'guest', ARGV[7])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1

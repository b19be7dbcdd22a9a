-- Reads a session; one that has ended is forgotten, so that it does not come back.
-- KEYS[1]: the session. ARGV: now, idle and longest life in microseconds, how long the key lives in ms,
-- what is wanted: 'peek', 'touch' or 'update'; for an update, the guest.
-- Answers opened, csrf and guest, or nothing.
local touched, opened, csrf, guest = unpack(redis.call('HMGET', KEYS[1], 'touched', 'opened', 'csrf', 'guest'))
if not touched then
  return false
end
local now = tonumber(ARGV[1])
if now >= tonumber(touched) + tonumber(ARGV[2]) or now >= tonumber(opened) + tonumber(ARGV[3]) then
  redis.call('DEL', KEYS[1])
  return false
end
if ARGV[5] == 'touch' then
  if now > tonumber(touched) then
    redis.call('HSET', KEYS[1], 'touched', ARGV[1])
  end
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
elseif ARGV[5] == 'update' then
  redis.call('HSET', KEYS[1], 'guest', ARGV[6])
  guest = ARGV[6]
end
return {opened, csrf, guest}

"""The scripts behind `collector.generation.limits`: what `pace.Pace` does, in one step in Redis.

The hash of a generator holds `request` and `token` (when the next would be due at an even pace),
`held` (nothing is sent before), `window` and `cut` (when it was last halved): seconds of the
server's own clock, so that the workers' clocks do not matter.
"""

_STATE = """
local stamp = redis.call('TIME')
local now = tonumber(stamp[1]) + tonumber(stamp[2]) / 1000000
local function get(name)
  return tonumber(redis.call('HGET', KEYS[1], name) or '0')
end
local function set(name, value)
  redis.call('HSET', KEYS[1], name, string.format('%.6f', value))
end
"""

ADMIT = (
    _STATE
    + """
local wanted, tokens_each = tonumber(ARGV[1]), math.max(1, tonumber(ARGV[2]))
local interval, burst = tonumber(ARGV[3]), tonumber(ARGV[4])
local token_interval, token_burst = tonumber(ARGV[5]), tonumber(ARGV[6])
local held, window = get('held'), get('window')
if held > now then
  return {0, tostring(held - now), tostring(window)}
end
local request, token = math.max(get('request'), now), math.max(get('token'), now)
local granted, wait = wanted, 0
if interval > 0 then
  local ahead = (now - request) / interval + burst
  granted = math.min(granted, math.floor(ahead + 0.000001))
  wait = (1 - ahead) * interval
end
if token_interval > 0 then
  local left = (now - token) / token_interval + token_burst
  local fit = 0
  if left > 0 then fit = math.max(1, math.floor(left / tokens_each)) end
  granted = math.min(granted, fit)
  wait = math.max(wait, -left * token_interval)
end
if granted <= 0 then
  return {0, tostring(math.max(wait, 0.001)), tostring(window)}
end
if interval > 0 then set('request', request + granted * interval) end
if token_interval > 0 then set('token', token + granted * tokens_each * token_interval) end
redis.call('EXPIRE', KEYS[1], math.ceil(math.max(tonumber(ARGV[7]), 2 * token_interval)))
return {granted, '0', tostring(window)}
"""
)

REPORT = (
    _STATE
    + """
local answered, overloaded = tonumber(ARGV[1]), tonumber(ARGV[2])
local unused, tokens, in_flight = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local retry_after, widest = tonumber(ARGV[6]), tonumber(ARGV[7])
local interval, token_interval = tonumber(ARGV[8]), tonumber(ARGV[9])
local cut_seconds, narrowest = tonumber(ARGV[10]), tonumber(ARGV[11])
if interval > 0 and unused > 0 then set('request', get('request') - unused * interval) end
if token_interval > 0 and tokens ~= 0 then
  set('token', math.max(get('token'), now) + tokens * token_interval)
end
local held = math.max(get('held'), retry_after > 0 and now + retry_after or 0)
if retry_after > 0 then set('held', held) end
local window = get('window')
if overloaded > 0 then
  if now - get('cut') >= cut_seconds then
    local open = math.min(window > 0 and window or widest, math.max(in_flight, 1))
    set('window', math.max(narrowest, open / 2))
    set('cut', now)
  end
elseif answered > 0 and window > 0 then
  local wider = window + answered / window
  if wider >= widest then redis.call('HDEL', KEYS[1], 'window') else set('window', wider) end
end
if redis.call('EXISTS', KEYS[1]) == 1 then
  local busy = math.max(held, get('token'), get('request')) - now
  redis.call('EXPIRE', KEYS[1], math.ceil(math.max(tonumber(ARGV[12]), busy)))
end
return 1
"""
)

HELD = (
    _STATE
    + """
return tostring(math.max(0, get('held') - now))
"""
)

FORGET = "return redis.call('DEL', KEYS[1])"

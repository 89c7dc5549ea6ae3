-- The requests and the report of wrk for bench/lib/wrk.ts. Environment: BENCH_METHOD; optionally BENCH_ORIGINS, `one` for
-- the same origin in all requests or `new` for another in each; BENCH_SEED, which makes the origins of a run unique.
wrk.method = os.getenv('BENCH_METHOD')

local origins = os.getenv('BENCH_ORIGINS')
if origins ~= nil then
  local seed = os.getenv('BENCH_SEED')
  local count = 0
  function request()
    count = count + 1
    local part = origins == 'new' and count or 0
    wrk.headers['Origin'] = string.format('https://%s-%08d.example.com', seed, part)
    return wrk.format()
  end
end

function done(summary)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('\nBENCH %d %d %d %d\n', summary.requests, summary.bytes, summary.duration, failed))
end

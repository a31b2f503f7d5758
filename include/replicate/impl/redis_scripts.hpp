// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_REDIS_SCRIPTS_HPP
#define REPLICATE_IMPL_REDIS_SCRIPTS_HPP

// What Redis does for a job, each script as one step. Below the prefix of the job, `replicate:{job}:`, stand
//
//   rows           the stream of the rows that are not at their end: `id`, `text`; its consumer group is `workers`
//   row:ID         the hash of a row: state, owner (`NAME SESSION`), entry (in the stream), sum (of its text), at (of the intent, by the
//                  clock of Redis, in milliseconds), target, hash (of the input), tries, prediction, text (of what has ended)
//   owners         the hash of predictions: whose row each is
//   intents        the hash of inputs of which a row is being created: by which row. So of what asks for the same one is in doubt at a time,
//                  and what is found in the list of predictions can only be of that one.
//   worker:NAME    the lease of a worker: its session. Goes away by itself.
//   names, dead    the last session of each name; the sessions whose rows were given to others, and which are never taken back
//   ends           how long the files of each worker are
//   about          token, run and since (of this Redis, and from when on it was seen), complete (1: all rows were submitted), failed, saved

namespace replicate::detail {

/// What the scripts have in common.
inline constexpr char const* redis_common = R"lua(
local p = KEYS[1]
local function now()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
local function whole(n) return string.format('%d', n) end
-- While a Redis was away nobody could renew a lease: all have one lease's time to do so.
local function is_settled(lease)
  local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
  local known = redis.call('HMGET', p..'about', 'run', 'since')
  if known[1] ~= run then
    redis.call('HSET', p..'about', 'run', run, 'since', whole(now()))
    return false
  end
  return now() - tonumber(known[2]) > lease
end
local function is_alive(owner)
  local name, session = string.match(owner, '^(.*) (%x+)$')
  return name ~= nil and redis.call('GET', p..'worker:'..name) == session
end
local function free_intent(id)
  local hash = redis.call('HGET', p..'row:'..id, 'hash')
  if hash and redis.call('HGET', p..'intents', hash) == id then redis.call('HDEL', p..'intents', hash) end
end
local function remove(id)
  local entry = redis.call('HGET', p..'row:'..id, 'entry')
  if entry then
    redis.call('XACK', p..'rows', 'workers', entry)
    redis.call('XDEL', p..'rows', entry)
  end
end
)lua";

/// Submits rows. ARGV: token, whether failed ones are run again, then id and text of each. Gives `''`, how many were added, and the names of
/// those that are there with another text; or `token`.
inline constexpr char const* redis_submit = R"lua(
local token = redis.call('HGET', p..'about', 'token')
if token and token ~= ARGV[1] then return {'token'} end
redis.call('HSET', p..'about', 'token', ARGV[1])
local added, others = 0, {}
for i = 3, #ARGV, 2 do
  local id, text = ARGV[i], ARGV[i + 1]
  local key = p..'row:'..id
  local row = redis.call('HMGET', key, 'sum', 'state', 'unknown')
  local sum = redis.sha1hex(text)
  if row[1] and row[1] ~= sum then
    others[#others + 1] = id
  elseif not row[1] or row[3] or (row[2] == '5' and ARGV[2] == '1') then
    local entry = redis.call('XADD', p..'rows', '*', 'id', id, 'text', text)
    redis.call('HSET', key, 'sum', sum, 'entry', entry)
    redis.call('HDEL', key, 'unknown', 'owner')
    -- Once more, not once more each time that it is submitted.
    if row[2] == '5' then redis.call('HSET', key, 'state', '0') end
    added = added + 1
  end
end
return {'', added, unpack(others)}
)lua";

/// A worker begins. ARGV: name, session, lease, token. Gives `''`, or `wait` and for how long, or `token`.
inline constexpr char const* redis_join = R"lua(
local token = redis.call('HGET', p..'about', 'token')
if token and token ~= ARGV[4] then return {'token'} end
redis.call('HSET', p..'about', 'token', ARGV[4])
local settled = is_settled(tonumber(ARGV[3]))
local holder = redis.call('GET', p..'worker:'..ARGV[1])
if holder and holder ~= ARGV[2] then return {'wait', redis.call('PTTL', p..'worker:'..ARGV[1])} end
local last = redis.call('HGET', p..'names', ARGV[1])
if last and last ~= ARGV[2] and redis.call('SISMEMBER', p..'dead', last) == 0 then
  if not settled then return {'wait', 100} end
  redis.call('SADD', p..'dead', last)
end
redis.pcall('XGROUP', 'CREATE', p..'rows', 'workers', '0', 'MKSTREAM')
redis.call('HSET', p..'names', ARGV[1], ARGV[2])
redis.call('SET', p..'worker:'..ARGV[1], ARGV[2], 'PX', ARGV[3])
return {''}
)lua";

/// A worker lives. ARGV: name, session, lease. 1, or 0 where its rows were given away.
inline constexpr char const* redis_renew = R"lua(
is_settled(0)
local holder = redis.call('GET', p..'worker:'..ARGV[1])
if holder and holder ~= ARGV[2] then return 0 end
if redis.call('SISMEMBER', p..'dead', ARGV[2]) == 1 then return 0 end
redis.call('SET', p..'worker:'..ARGV[1], ARGV[2], 'PX', ARGV[3])
return 1
)lua";

/// A worker ends, and creates nothing any more. ARGV: name, session.
inline constexpr char const* redis_leave = R"lua(
redis.call('SADD', p..'dead', ARGV[2])
if redis.call('GET', p..'worker:'..ARGV[1]) == ARGV[2] then redis.call('DEL', p..'worker:'..ARGV[1]) end
return 1
)lua";

/// Gives rows to a worker: new ones, and where ARGV[5] is 1 or there is none, those of workers whose lease is over. ARGV: name, session,
/// lease, count, that, the number of this question, and that of an earlier one whose answer was lost, whose rows are given then, or nothing.
/// Gives `''` and then of each: id, text, state, age of the intent by the clock of Redis, tries, target, hash, prediction, what is
/// kept of its end; or `taken`, or `wait` while the lease is to be renewed.
inline constexpr char const* redis_take = R"lua(
local me = ARGV[1]..' '..ARGV[2]
if redis.call('SISMEMBER', p..'dead', ARGV[2]) == 1 then return {'taken'} end
if not is_alive(me) then return {'wait'} end
local count = tonumber(ARGV[4])
local given = {''}
local function give(id, text)
  local row = redis.call('HMGET', p..'row:'..id, 'state', 'hash')
  if row[1] == '1' then
    local other = redis.call('HGET', p..'intents', row[2])
    if other and other ~= id then
      redis.call('HDEL', p..'row:'..id, 'owner')
      return
    end
    redis.call('HSET', p..'intents', row[2], id)
  end
  redis.call('HSET', p..'row:'..id, 'owner', me, 'given', ARGV[6])
  row = redis.call('HMGET', p..'row:'..id, 'state', 'at', 'tries', 'target', 'hash', 'prediction', 'text')
  row[2] = row[2] and whole(now() - tonumber(row[2]))
  given[#given + 1] = id
  given[#given + 1] = text
  for i = 1, 7 do given[#given + 1] = row[i] or '' end
  count = count - 1
end
if ARGV[5] ~= '1' then
  local got = redis.call('XREADGROUP', 'GROUP', 'workers', ARGV[1], 'COUNT', count, 'STREAMS', p..'rows', '>')
  if got then
    for _, entry in ipairs(got[1][2]) do give(entry[2][2], entry[2][4]) end
  end
end
local lost = ARGV[7] ~= ''
if #given > 1 or not (is_settled(tonumber(ARGV[3])) or lost) then return given end
-- First those that have begun: others may wait for what becomes of them.
local all = redis.call('XPENDING', p..'rows', 'workers', '-', '+', 10000)
for pass = 1, 2 do
  for _, pending in ipairs(all) do
    if count <= 0 then return given end
    local entry = redis.call('XRANGE', p..'rows', pending[1], pending[1])[1]
    local row = entry and redis.call('HMGET', p..'row:'..entry[2][2], 'owner', 'given', 'state')
    if not entry then
      redis.call('XACK', p..'rows', 'workers', pending[1])
    elseif ((row[3] or '0') ~= '0') == (pass == 1) then
      local owner = row[1]
      local is_free = not owner or not is_alive(owner)
      if lost then is_free = owner == me and row[2] == ARGV[7] end
      if is_free then
        if owner and not lost then redis.call('SADD', p..'dead', string.match(owner, '(%x+)$')) end
        redis.call('XCLAIM', p..'rows', 'workers', ARGV[1], 0, pending[1], 'JUSTID')
        give(entry[2][2], entry[2][4])
      end
    end
  end
end
return given
)lua";

/// Records. ARGV: name, session, then for each: id, state, target, hash, prediction, text, length of the results, of the errors. All or none.
/// Gives `''`, `taken`, `busy` or `other_row`.
inline constexpr char const* redis_record = R"lua(
local me = ARGV[1]..' '..ARGV[2]
local late = false
for i = 3, #ARGV, 8 do
  local id, state = ARGV[i], tonumber(ARGV[i + 1])
  local row = redis.call('HMGET', p..'row:'..id, 'state', 'owner', 'prediction')
  local from = tonumber(row[1] or '0')
  if state == 1 then
    if row[2] ~= me or not is_alive(me) then return 'taken' end
    if from ~= 0 and from ~= 1 and from ~= 5 then return 'taken' end
    local other = redis.call('HGET', p..'intents', ARGV[i + 3])
    if other and other ~= id then return 'busy' end
  elseif state == 2 then
    local of = redis.call('HGET', p..'owners', ARGV[i + 4])
    if of and of ~= id then return 'other_row' end
    if from ~= 1 and row[3] ~= ARGV[i + 4] then return 'taken' end
    -- What was paid for is kept, also where it comes from one who was away for too long.
    late = row[2] ~= me
  elseif row[2] ~= me then
    return 'taken'
  end
end
for i = 3, #ARGV, 8 do
  local id, state, key = ARGV[i], tonumber(ARGV[i + 1]), p..'row:'..ARGV[i]
  local from = tonumber(redis.call('HGET', key, 'state') or '0')
  if state == 1 then
    free_intent(id)
    redis.call('HSET', key, 'state', '1', 'at', whole(now()), 'target', ARGV[i + 2], 'hash', ARGV[i + 3])
    redis.call('HINCRBY', key, 'tries', 1)
    redis.call('HDEL', key, 'prediction', 'text')
    redis.call('HSET', p..'intents', ARGV[i + 3], id)
  elseif state == 2 and from == 1 then
    free_intent(id)
    redis.call('HSET', key, 'state', '2', 'prediction', ARGV[i + 4])
    redis.call('HSET', p..'owners', ARGV[i + 4], id)
  elseif state == 3 and from < 3 then
    redis.call('HSET', key, 'state', '3', 'text', ARGV[i + 5])
  elseif state >= 4 then
    if from < 4 then
      free_intent(id)
      redis.call('HSET', key, 'state', whole(state))
      redis.call('HDEL', key, 'text')
      redis.call('HINCRBY', p..'about', state == 4 and 'saved' or 'failed', 1)
      remove(id)
    end
    if ARGV[i + 6] ~= '' then redis.call('HSET', p..'ends', ARGV[1]..' results', ARGV[i + 6]) end
    if ARGV[i + 7] ~= '' then redis.call('HSET', p..'ends', ARGV[1]..' errors', ARGV[i + 7]) end
  end
end
return late and 'taken' or ''
)lua";

/// A worker does not do a row now. ARGV: name, session, id.
inline constexpr char const* redis_put_back = R"lua(
local key = p..'row:'..ARGV[3]
if redis.call('HGET', key, 'owner') == ARGV[1]..' '..ARGV[2] then redis.call('HDEL', key, 'owner') end
return ''
)lua";

/// Nobody can tell of a row. ARGV: name, session, id.
inline constexpr char const* redis_give_up = R"lua(
if redis.call('HGET', p..'row:'..ARGV[3], 'owner') ~= ARGV[1]..' '..ARGV[2] then return 'taken' end
free_intent(ARGV[3])
redis.call('HSET', p..'row:'..ARGV[3], 'unknown', '1')
remove(ARGV[3])
return ''
)lua";

/// 1 where all rows were submitted and have ended.
inline constexpr char const* redis_is_over = R"lua(
return redis.call('HGET', p..'about', 'complete') == '1' and redis.call('XLEN', p..'rows') == 0 and 1 or 0
)lua";

/// Lets one create go, or not. KEYS[1]: the times of those that went, in milliseconds; beside it until when all wait after a 429. ARGV: limit,
/// window, limit and window of a part of it; the lease of a worker and its session, or nothing, and where dead ones stand. Gives after how
/// many milliseconds to ask again: 0 for now, -1 for never.
///
/// The times are those of Redis alone, so the clocks of the workers do not matter.
inline constexpr char const* redis_rate_script = R"lua(
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
if ARGV[5] ~= '' then
  if redis.call('SISMEMBER', ARGV[7], ARGV[6]) == 1 then return -1 end
  if redis.call('GET', ARGV[5]) ~= ARGV[6] then return 50 end
end
local wait = math.max(0, tonumber(redis.call('GET', KEYS[1]..':paused') or '0') - now)
for i = 1, 3, 2 do
  local nth = redis.call('LINDEX', KEYS[1], -tonumber(ARGV[i]))
  -- A clock that was set back makes nobody wait for longer than the window.
  if nth then wait = math.max(wait, tonumber(ARGV[i + 1]) - math.max(0, now - tonumber(nth))) end
end
if wait > 0 then return wait end
redis.call('RPUSH', KEYS[1], string.format('%d', now))
redis.call('LTRIM', KEYS[1], -tonumber(ARGV[1]), -1)
redis.call('PEXPIRE', KEYS[1], 2 * tonumber(ARGV[2]))
return 0
)lua";

/// All wait after a 429. KEYS[1] as before; ARGV: how many milliseconds.
inline constexpr char const* redis_pause_script = R"lua(
local t = redis.call('TIME')
local to = t[1] * 1000 + math.floor(t[2] / 1000) + tonumber(ARGV[1])
if to > tonumber(redis.call('GET', KEYS[1]..':paused') or '0') then
  redis.call('SET', KEYS[1]..':paused', string.format('%d', to), 'PX', ARGV[1])
end
return 1
)lua";

} // namespace replicate::detail

#endif

// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_REDIS_HPP
#define REPLICATE_REDIS_HPP

// Batches of several machines: `<replicate/redis.hpp>`, which needs hiredis 0.14 or later (the CMake target `replicate::redis`).
// hiredis, because it is in every distribution; Boost.Redis needs Boost 1.84, and this library lives with 1.81. Its calls block, so each
// connection has a thread of its own, which asks together what came while it waited: neither the client's strand nor the caller's event
// loop knows of it, and no other library's event loop has to be married to Asio's.
//
// Why no row is paid for twice, whoever dies when:
//
//  1. Before the first byte of a create leaves, the intent is in Redis, which has it on its disk before it answers (`appendonly yes`,
//     `appendfsync always`; anything less is refused). So a Redis that is killed and started again has forgotten nothing.
//  2. A row has one owner, a worker's session, and only the owner may record an intent. A session lives as long as it renews its lease;
//     once that is over, and another worker has taken one of its rows, it is dead for good, by the clock of Redis alone.
//  3. Each create is let go by the script that holds the rate, and that lets none go of a session that is dead or does not renew. What
//     it lets go must leave within `shared_rate::margin`, which is looked at when there is a connection and nothing is left to
//     do but to write: so a process that was paused, and wakes late, sends nothing. (What remains is a pause between that look and the
//     write itself, which would have to last longer than the lease and `batch_options::settle` together.)
//  4. Who takes over a row of which only the intent is known waits for `batch_options::settle`, and looks for its prediction in the list
//     of predictions. While a row is in doubt, no other row that asks for the same is created: so what is found can only be its own. It
//     is created again only where nothing in the list can be of it.
//  5. The id of a prediction is recorded in any case, also by one whose lease is over, while it is not known yet.
//
// No paid result is lost: what is created is waited for and saved by whoever owns the row, by its id; where Redis is away, predictions that
// are open are waited for and their files saved, and it is told when it is back. Nothing new is created meanwhile.
//
// Not covered: a Redis that comes back with less than it had (from a backup, or a replica that had not all of it) has forgotten intents.
// Redis Cluster is not supported.

#include <replicate/batch_journal.hpp>
#include <replicate/batch_source.hpp>
#include <replicate/core/batch_names.hpp>
#include <replicate/create_gate.hpp>
#include <replicate/detail/config.hpp>
#include <replicate/journal_error.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate {

namespace detail {
class redis_worker;
class redis_gate;
} // namespace detail

/// How a Redis is used. A plain value.
class redis_options {
public:
    /// What tells the token from others, `token_fingerprint`; never the token. A job that was submitted with another one is refused. Default:
    /// empty.
    std::string token;
    /// The name of this worker. No two have the same at a time, and one that is started again in the place of another has the same,
    /// because its files of results go on (`JOB_COMPLETION_INDEX`, `SLURM_ARRAY_TASK_ID`). Default: the name of the host.
    std::string worker;
    /// How long a worker may be silent before its rows are given to others. Default 30 s, at least 100 ms.
    std::chrono::steady_clock::duration lease = std::chrono::seconds(30);
    /// How long an answer of Redis may take. Default 5 s, at least 1 ms.
    std::chrono::steady_clock::duration timeout = std::chrono::seconds(5);
    /// The longest pause between two attempts to connect again; the first is 50 ms. Default 5 s.
    std::chrono::steady_clock::duration longest_pause = std::chrono::seconds(5);
    /// Whether a Redis is refused that may forget what it was told. Default: true. Otherwise a row may be paid for twice after a crash.
    bool durable = true;

    /// The defaults.
    redis_options() = default;
};

/// What came of a submission.
class redis_submission {
public:
    /// Rows that are new, or are to be run again.
    std::uint64_t added = 0;
    /// Rows that were there.
    std::uint64_t known = 0;
    /// What is no row.
    std::vector<batch_fault> faults;

    /// Nothing.
    redis_submission() = default;
};

/// Puts rows into a job, `redis://[[user]:password@]host[:port][/database][?job=name]` or `unix:///path[?job=name]`; the job is called `batch`
/// where no name is given. The rows stand there with their inputs, so it must be a Redis that may know these; of the token it is told no
/// more than `redis_options::token`. Once for each `custom_id`: a submission that was cut off is repeated. `retry_failed`: rows that have
/// failed are run again; those of which nobody could tell whether they were created are looked at again in any case. Files of this machine
/// are passed on by their whole path, so the workers must have them too. Workers end when all is submitted and done. Blocks.
/// Throws `error`: `errc::invalid_argument` for a URL that cannot be; `journal_errc::away`, `other_token`, `not_durable`; what the source throws.
redis_submission submit_rows(
    std::string_view url, batch_source& rows, redis_options const& options = redis_options(), bool retry_failed = false);

/// The rows of a job in Redis, for a worker: both the source and the journal of its batch, whose client must have a `redis_rate` of
/// this worker as `config::gate`.
///
///     auto rows = std::make_shared<replicate::redis_rows>("redis://10.0.0.5?job=night", options);
///     config.gate = std::make_shared<replicate::redis_rate>(*rows, rate);
///     replicate::client client(context, config);
///     replicate::batch batch(client, rows, rows);
///
/// The batch ends with `journal_errc::taken` where this process was away from Redis for longer than its lease while others were not: it is to be
/// started again. Results and files are written by the worker that saves a row, below its own directory.
///
/// It must live until all that was asked of it has completed, and must end before the execution contexts of those who asked.
class redis_rows final : public batch_source, public batch_journal {
public:
    /// Takes the name of the worker, and waits for the end of the lease of one that was killed. Blocks. `url` as for `submit_rows`.
    /// Throws `error`: `errc::invalid_argument`; `journal_errc::away`, `locked` (another process renews the lease of this name), `other_token`,
    /// `not_durable`.
    explicit redis_rows(std::string_view url, redis_options const& options = redis_options());

    /// Gives the name back, and what rows it has. Blocks.
    ~redis_rows() override;

    /// As `batch_source` says; nothing also while Redis is away.
    std::optional<batch_entry> next() override;
    /// True when all rows were submitted and have ended, whoever has them.
    bool is_over() override;
    /// True.
    bool is_shared() const noexcept override { return true; }
    /// As `batch_journal` says.
    std::optional<batch_record> find(std::string_view custom_id) override;
    /// As `batch_journal` says.
    void give_up(std::string_view custom_id) override;
    /// As `batch_journal` says.
    void put_back(std::string_view custom_id) override;
    /// Nothing: what is known of a row comes with it.
    void for_each(std::function<void(batch_record const&)> const& visit) override;
    /// Nothing.
    void for_each_in_order(std::function<void(batch_record const&)> const& visit) override;
    /// As `batch_journal` says.
    std::optional<std::string> owner_of(std::string_view prediction) override;
    /// Those of the files of this worker.
    std::pair<std::uint64_t, std::uint64_t> ends() override;

    /// Its connection, for `redis_rate`.
    std::shared_ptr<detail::redis_worker> const& worker() const noexcept { return worker_; }

private:
    void record(std::vector<batch_record> what, detail::erased_handler<std::monostate> handler) override;

    std::shared_ptr<detail::redis_worker> worker_;
};

/// The rate of a token, held by a script in Redis: for `config::gate`. All that use the same Redis and the same `redis_options::token`
/// never create more together than its limit, by the clock of Redis, and after a 429 that one of them was given all wait. While Redis is away
/// nothing is created.
class redis_rate final : public create_gate {
public:
    /// For any client. Blocks. `url`, and what is thrown, as for `redis_rows`.
    redis_rate(std::string_view url, redis_options const& options, shared_rate const& rate = shared_rate());
    /// For the client of a worker: nothing is created when its lease is over. Blocks.
    explicit redis_rate(redis_rows const& rows, shared_rate const& rate = shared_rate());
    ~redis_rate() override;

    /// As `create_gate` says; while Redis is away, that it is to be asked again.
    void ask(answer_function answer) override;
    /// As `create_gate` says: all of the token wait.
    void on_throttled(std::chrono::steady_clock::duration wish) override;

private:
    std::unique_ptr<detail::redis_gate> gate_;
};

} // namespace replicate

#ifndef REPLICATE_SEPARATE_COMPILATION
#include <replicate/impl/redis.ipp>
#endif

#endif

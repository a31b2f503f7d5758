// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_CLIENT_STATE_HPP
#define REPLICATE_DETAIL_CLIENT_STATE_HPP

#include <replicate/catalog.hpp>
#include <replicate/config.hpp>
#include <replicate/core/cancel_patience.hpp>
#include <replicate/core/config_check.hpp>
#include <replicate/core/create_reconciliation.hpp>
#include <replicate/core/held_answers.hpp>
#include <replicate/core/notifier.hpp>
#include <replicate/core/request_writer.hpp>
#include <replicate/core/retry_quota.hpp>
#include <replicate/core/upload_memory.hpp>
#include <replicate/core/schema_memory.hpp>
#include <replicate/core/version_memory.hpp>
#include <replicate/detail/poll_desk.hpp>
#include <replicate/io/file_threads.hpp>
#include <replicate/io/scheduler.hpp>
#include <replicate/io/side_by_side.hpp>
#include <replicate/io/transport.hpp>
#include <replicate/io/turnstile.hpp>

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>

namespace replicate::detail {

namespace asio = boost::asio;

/// The creates of a client, and who looks for those whose answers were lost. Used on the strand alone.
class create_board {
public:
    create_board(reconcile_config limits, io::strand executor)
        : decisions(limits)
        , notices(executor)
        , alarm(std::move(executor))
    {
    }

    /// What is known and to be done.
    core::create_reconciliation decisions;
    /// Told before and after each look.
    io::notice_board notices;
    /// Wakes who looks.
    asio::steady_timer alarm;
    /// Whether somebody looks.
    bool is_looking = false;
};

/// All that the handles of one client share. Alive as long as a handle or an operation is. Used on the strand alone, but
/// for what is constant.
class client_state {
public:
    /// Checks the configuration; throws an `error`.
    client_state(asio::any_io_executor executor, replicate::config settings)
        : settings_(std::move(settings))
        , base_(core::check_config(settings_))
        , strand_(asio::make_strand(executor))
        , notes_(std::make_shared<core::notifier>(settings_.observer, settings_.log, &std::chrono::system_clock::now))
        , retry_quota_(settings_.retry)
        , deadlines_(std::make_shared<io::deadline_list>(strand_))
        , scheduler_(io::scheduler::make(strand_, deadlines_, admission_limits_of(settings_.scheduler),
              settings_.scheduler.rate, settings_.account ? settings_.account->state() : nullptr,
              settings_.scheduler.keep_limits))
        , file_threads_(asio::use_service<io::file_threads>(asio::query(executor, asio::execution::context)))
        , upload_turns_(std::make_shared<io::turnstile>(strand_, settings_.files.parallel_uploads))
        , download_turns_(std::make_shared<io::turnstile>(strand_, settings_.files.parallel_downloads))
        , uploads_(settings_.files.expiry_margin)
        , upload_notices_(strand_)
        , transport_(std::make_unique<io::network_transport>(strand_, deadlines_,
              asio::use_service<io::tls_contexts>(asio::query(executor, asio::execution::context)).get(settings_.tls),
              settings_, notes_))
        , creates_(settings_.reconcile, strand_)
        , secret_gate_(std::make_shared<io::turnstile>(strand_, 1))
        , schema_gate_(std::make_shared<io::turnstile>(strand_, 1))
        , gate_turns_(std::make_shared<io::turnstile>(strand_, 1))
        , cancel_turns_(std::make_shared<io::turnstile>(strand_, 32))
        , polls_(std::make_shared<poll_desk>())
        , held_answers_(settings_.limits.sync_waits, settings_.pool.connections_per_origin)
    {
        frame_.host = base_.origin.authority();
        frame_.path_prefix = base_.path_prefix;
        frame_.user_agent = settings_.user_agent;
        notes_->keep_secret(settings_.token);
    }

    /// What the client was told.
    replicate::config const& settings() const noexcept { return settings_; }

    /// Where the API is.
    core::api_base const& base() const noexcept { return base_; }

    /// What all requests to the API have in common.
    core::request_frame const& frame() const noexcept { return frame_; }

    /// The executor of everything inside.
    io::strand const& strand() const noexcept { return strand_; }

    /// The time limits.
    io::deadline_list& deadlines() noexcept { return *deadlines_; }

    /// When requests to the API may go.
    io::scheduler& scheduler() noexcept { return *scheduler_; }

    /// Where all that the client does is told.
    core::notifier& notes() noexcept { return *notes_; }

    /// What is left for repetitions.
    core::retry_quota& retry_quota() noexcept { return retry_quota_; }

    /// The network.
    io::transport& transport() noexcept { return *transport_; }

    /// Where files are read and written.
    io::file_threads& file_threads() noexcept { return file_threads_; }

    /// Who may read and upload files.
    io::turnstile& upload_turns() noexcept { return *upload_turns_; }

    /// Who may download files.
    io::turnstile& download_turns() noexcept { return *download_turns_; }

    /// The bytes that the service has.
    core::upload_memory& uploads() noexcept { return uploads_; }

    /// Told when an upload has ended.
    io::notice_board& upload_notices() noexcept { return upload_notices_; }

    /// The latest versions of models that are run by them.
    core::version_memory& versions() noexcept { return versions_; }

    /// The creates that are under way or lost.
    create_board& creates() noexcept { return creates_; }

    /// The secret of the account's webhooks; nothing where nobody has asked for it yet.
    std::optional<webhook_secret>& secret() noexcept { return secret_; }

    /// Lets one at a time ask for the secret.
    io::turnstile& secret_gate() noexcept { return *secret_gate_; }

    /// The schemas of versions that were asked for.
    core::schema_memory& schemas() noexcept { return schemas_; }

    /// Lets one at a time ask for a schema.
    io::turnstile& schema_gate() noexcept { return *schema_gate_; }

    /// Lets one at a time ask `config::gate`.
    io::turnstile& gate_turns() noexcept { return *gate_turns_; }

    /// Lets so many at a time cancel what nobody waits for any more.
    io::turnstile& cancel_turns() noexcept { return *cancel_turns_; }

    /// Whether that is of use.
    core::cancel_patience& cancels() noexcept { return cancels_; }

    /// Where runs wait for their predictions.
    std::shared_ptr<poll_desk> const& polls() noexcept { return polls_; }

    /// Who may hold a connection until a prediction has ended.
    core::held_answers& held_answers() noexcept { return held_answers_; }

    /// The token for the next request; throws what `config::token_source` throws, or an `error` where it is no token.
    std::string token()
    {
        if (!settings_.token_source)
            return settings_.token;
        std::string token = settings_.token_source();
        core::check_token(token);
        last_token_ = token;
        notes_->keep_secret(token);
        return token;
    }

    /// The token of the last request, to be kept out of messages.
    std::string const& last_token() const noexcept { return settings_.token_source ? last_token_ : settings_.token; }

    /// A random number from 0 to below 1.
    double jitter() { return std::uniform_real_distribution<double>(0.0, 1.0)(random_); }

private:
    static core::admission_limits admission_limits_of(scheduler_config const& settings)
    {
        core::admission_limits limits;
        limits.in_flight = settings.in_flight;
        limits.per_model = settings.per_model.value_or(core::admission_limits::none);
        limits.length = settings.queue_length;
        limits.weights = settings.groups;
        return limits;
    }

    replicate::config settings_;
    core::api_base base_;
    core::request_frame frame_;
    std::string last_token_;
    io::strand strand_;
    std::shared_ptr<core::notifier> notes_;
    core::retry_quota retry_quota_;
    std::shared_ptr<io::deadline_list> deadlines_;
    std::shared_ptr<io::scheduler> scheduler_;
    io::file_threads& file_threads_;
    std::shared_ptr<io::turnstile> upload_turns_;
    std::shared_ptr<io::turnstile> download_turns_;
    core::upload_memory uploads_;
    io::notice_board upload_notices_;
    std::unique_ptr<io::transport> transport_;
    core::version_memory versions_;
    create_board creates_;
    std::optional<webhook_secret> secret_;
    std::shared_ptr<io::turnstile> secret_gate_;
    core::schema_memory schemas_;
    std::shared_ptr<io::turnstile> schema_gate_;
    std::shared_ptr<io::turnstile> gate_turns_;
    std::shared_ptr<io::turnstile> cancel_turns_;
    core::cancel_patience cancels_;
    std::shared_ptr<poll_desk> polls_;
    core::held_answers held_answers_;
    std::minstd_rand random_{std::random_device()()};
};

} // namespace replicate::detail

#endif

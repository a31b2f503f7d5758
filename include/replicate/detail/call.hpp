// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_CALL_HPP
#define REPLICATE_DETAIL_CALL_HPP

#include <replicate/core/json_document.hpp>
#include <replicate/core/redaction.hpp>
#include <replicate/core/retry_policy.hpp>
#include <replicate/detail/call_notes.hpp>
#include <replicate/detail/gate_turn.hpp>
#include <replicate/detail/place.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace replicate::detail {

/// What a stop of the operation does to a request whose bytes have begun to leave.
enum class when_sent {
    /// Interrupts it.
    interrupt,
    /// Lets it end: its answer tells the id of a prediction that is to be cancelled.
    let_it_end
};

/// The answer to one request, its repetitions included, or why there is none.
class call_result {
public:
    /// No error for a status of 2xx.
    boost::system::error_code code;
    /// The last answer, or what came of it.
    core::response response;
    /// True when the sink has the answer, or the beginning of it.
    bool passed_on = false;
    /// How long the service wishes to be left alone; zero where it does not say.
    std::chrono::milliseconds wish{0};

    call_result() = default;
};

/// Where a call goes, and with what.
class call_target {
public:
    /// The host.
    core::origin origin;
    /// What its requests have in common.
    core::request_frame frame;
    /// True for the API alone.
    bool with_token = false;
    /// The largest answer, in bytes.
    std::size_t body_bytes = 0;
    /// Whether all headers of the answer are kept, or those that the library has a use for.
    bool with_all_headers = false;

    /// Nowhere.
    call_target() = default;

    /// The API.
    static call_target api(client_state const& client)
    {
        call_target target;
        target.origin = client.base().origin;
        target.frame = client.frame();
        target.with_token = true;
        target.body_bytes = client.settings().limits.body_bytes;
        return target;
    }
};

/// One try, reported to its operation.
class call_attempt final : public io::attempt {
public:
    call_attempt(operation& owner, when_sent policy, io::rate_token& token)
        : owner_(owner)
        , policy_(policy)
        , token_(token)
    {
        ++owner_.context().attempts;
    }
    ~call_attempt() override
    {
        if (policy_ == when_sent::let_it_end)
            owner_.shield(false);
    }

    void enter(replicate::phase next) noexcept override
    {
        attempt::enter(next);
        owner_.context().phase = next;
    }

    bool may_leave() noexcept override
    {
        is_late = std::chrono::steady_clock::now() >= leave_by;
        return !is_late;
    }

    void on_committed() noexcept override
    {
        token_.on_sending();
        owner_.set_sent();
        if (policy_ == when_sent::let_it_end)
            owner_.shield(true);
    }

    /// Until when it must leave, and that it did not, so that nothing of it was sent.
    std::chrono::steady_clock::time_point leave_by = std::chrono::steady_clock::time_point::max();
    bool is_late = false;

private:
    operation& owner_;
    when_sent policy_;
    io::rate_token& token_;
};

/// One request from its first try to the verdict: send, classify, repeat. Lives in the frame that awaits it.
class call {
public:
    call(operation& owner, core::request what, when_sent policy = when_sent::interrupt)
        : call(owner, std::move(what), call_target::api(owner.client()), policy)
    {
    }

    call(operation& owner, core::request what, call_target where, when_sent policy = when_sent::interrupt)
        : owner_(owner)
        , what_(std::move(what))
        , where_(std::move(where))
        , policy_(policy)
        , repetition_(owner.retry(), what_.repeatability)
        , notes_(owner.client().notes())
    {
        owner_.context().operation = what_.name();
        owner_.context().attempts = 0;
    }

    /// Sends this body, made while it is sent, behind the request.
    void upload(std::shared_ptr<io::body_source> body)
    {
        what_.streamed_bytes = body->size();
        source_ = std::move(body);
    }

    /// Lets this change the request before each try: what it says may depend on the time that is left.
    void before_each_try(std::function<void(core::request&)> renew) { renew_ = std::move(renew); }

    /// Hands the body of a success to this sink as it comes; nothing that it has been given is asked for again. `silence`: the
    /// longest within the answer; zero for `timeout_config::read`.
    void deliver_to(io::body_sink& sink, std::chrono::steady_clock::duration silence = {})
    {
        bodies_.sink = &sink;
        bodies_.silence = silence;
    }

    /// Sends the request until there is an answer to keep, or a reason to give up. The operation's context says the rest.
    asio::awaitable<call_result> perform()
    {
        bool want_fresh = false;
        for (;;) {
            core::attempt_outcome outcome;
            call_result result = co_await attempt_once(want_fresh, outcome);
            core::verdict const verdict = repetition_.decide(outcome, owner_.client().jitter());
            if (verdict.kind == core::verdict_kind::accept) {
                owner_.client().retry_quota().succeeded(taken_);
                co_return result;
            }
            bool const may_repeat = !result.passed_on && (!owner_.is_stopped() || what_.repeatability == core::repeatability::safe);
            bool const is_to_repeat = verdict.kind == core::verdict_kind::repeat && may_repeat;
            bool const is_paid = is_to_repeat && pay_for(verdict);
            if (!is_paid) {
                result.code = give_up(result.code, outcome, verdict);
                if (is_to_repeat)
                    tell_of_quota();
                result.wish = outcome.wish.wait();
                co_return result;
            }
            want_fresh = outcome.reused && !outcome.answered;
            // After a 429 the rate limiter says when, for all that wait.
            bool const is_throttled = outcome.status == 429 && is_limited() && owner_.client().scheduler().keeps_limits();
            notes_.repeat(outcome, verdict.wait);
            if (!is_throttled)
                co_await pause(verdict.wait);
        }
    }

private:
    asio::awaitable<call_result> attempt_once(bool want_fresh, core::attempt_outcome& outcome)
    {
        client_state& client = owner_.client();
        io::rate_token turn = take_turn();
        if (!turn && is_limited()) {
            // The limits are the account's: what is left to do after a stop waits for them longer than it may take itself.
            owner_.limit_background(std::chrono::minutes(1));
            io::admission granted = co_await wait_for_turn(owner_, wish());
            turn = std::move(granted.token);
            owner_.limit_background(client.settings().timeouts.remote_cancel);
        }
        // Asked for before each try: a token may have changed meanwhile.
        std::string const token = where_.with_token ? client.token() : std::string();
        if (renew_)
            renew_(what_);
        call_attempt progress(owner_, policy_, turn);
        notes_.describe(what_, where_.origin, where_.frame.path_prefix, bucket(), is_in_api());
        try_note const note(notes_, what_, owner_.context().attempts - 1);
        if (source_)
            source_->rewind();
        bodies_.source = source_.get();
        io::exchange_result exchanged;
        do {
            progress.is_late = false;
            if (is_gated())
                progress.leave_by = co_await pass_gate(owner_, client.settings().gate);
            exchanged = co_await client.transport().send(where_.origin, core::write_request(what_, where_.frame, token), limits(),
                want_fresh, progress, bodies_);
        } while (progress.is_late);
        call_result result;
        result.code = exchanged.code;
        result.passed_on = exchanged.passed_on;
        result.response = std::move(exchanged.response);
        outcome.code = result.code;
        outcome.status = result.response.status;
        outcome.sent = progress.sent;
        outcome.answered = progress.answered;
        outcome.reused = progress.reused;
        describe(result, progress, token, outcome);
        notes_.end_try(outcome, result.response, result.passed_on && result.code == asio::error::eof);
        if (result.response.status == 429 && is_gated())
            client.settings().gate->on_throttled(outcome.wish.wait());
        if (result.response.status != 0)
            turn.learn(result.response, outcome.wish, owner_.context().problem);
        co_return result;
    }

    /// Whether the service counts it against a rate limit of the token's account.
    bool is_limited() const { return where_.with_token && is_in_api(); }

    /// Whether `config::gate` is asked.
    bool is_gated() const
    {
        return owner_.client().settings().gate != nullptr && is_limited() && bucket() == core::rate_bucket::create;
    }

    bool is_in_api() const { return where_.origin == owner_.client().base().origin; }

    /// What it is counted in. Its path has the prefix already where its frame has none.
    core::rate_bucket bucket() const
    {
        std::string_view const prefix = owner_.client().base().path_prefix;
        return core::bucket_of(what_, where_.frame.path_prefix.empty() ? prefix : std::string_view());
    }

    /// The right to send it, where there is one without waiting.
    io::rate_token take_turn()
    {
        if (!is_limited())
            return {};
        io::rate_token first;
        if (bucket() == core::rate_bucket::create)
            first = owner_.take_first_token();
        if (first)
            return first;
        io::admission granted;
        owner_.client().scheduler().try_admit(wish(), granted);
        return std::move(granted.token);
    }

    /// What goes on goes before what begins: with a place that others wait for, for one who has gone already, or once more.
    io::admission_wish wish()
    {
        io::admission_wish wished = wish_of(owner_, bucket());
        bool const goes_on = owner_.has_place() || owner_.is_stopped() || owner_.context().attempts > 0;
        wished.kind = goes_on ? core::admission_kind::continued : core::admission_kind::request;
        return wished;
    }

    io::exchange_limits limits() const
    {
        auto const& settings = owner_.client().settings();
        io::exchange_limits limits;
        limits.timeouts = settings.timeouts;
        limits.server_wait = what_.server_wait;
        limits.header_bytes = settings.limits.header_bytes;
        limits.body_bytes = where_.body_bytes;
        limits.all_headers = where_.with_all_headers;
        // Of an answer that is too large the front tells the id of what is paid for.
        limits.keep_front = what_.repeatability == core::repeatability::creates;
        return limits;
    }

    /// Records what the answer says, for the verdict and for messages.
    void describe(
        call_result const& result, io::attempt const& progress, std::string const& token, core::attempt_outcome& outcome)
    {
        replicate::diagnostics& context = owner_.context();
        core::response const& response = result.response;
        context.http_status = response.status;
        context.request_id = std::string(response.header("cf-ray"));
        context.detail = progress.detail;
        context.problem = {};
        if (response.status < 300)
            return;
        std::string body = response.body;
        core::redact(body, token);
        context.problem = problem::parse(body);
        core::redact(context.problem, token);
        core::retry_hints hints;
        hints.retry_after_ms = response.header("retry-after-ms");
        hints.retry_after = response.header("retry-after");
        hints.body_retry_after = context.problem.retry_after;
        hints.detail = context.problem.detail;
        if (response.status == 429)
            hints.ratelimit_reset = response.header("ratelimit-reset");
        outcome.wish = core::parse_retry_after(
            hints, std::chrono::system_clock::now(), owner_.retry().maximum_retry_after);
    }

    boost::system::error_code give_up(
        boost::system::error_code code, core::attempt_outcome const& outcome, core::verdict verdict)
    {
        bool const unknown = verdict.kind == core::verdict_kind::outcome_unknown;
        if (outcome.is_cut_refusal())
            owner_.context().detail = code.message();
        if (!code || outcome.is_cut_refusal())
            return {static_cast<int>(outcome.status), unknown ? create_http_category() : http_category()};
        if (!unknown)
            return code;
        bool const created = outcome.status >= 200 && outcome.status < 300;
        std::string& detail = owner_.context().detail;
        detail = (created ? "the answer did not come whole (" : "the answer did not come (") + code.message()
            + (detail.empty() ? ")" : ", " + detail + ")");
        return created ? errc::created_id_lost : errc::create_outcome_unknown;
    }

    /// Takes what the repetition costs; false where the client has not so much left.
    bool pay_for(core::verdict verdict)
    {
        if (!verdict.uses_quota)
            return true;
        unsigned const cost = owner_.retry().quota_cost;
        if (!owner_.client().retry_quota().take(cost))
            return false;
        taken_ = cost;
        return true;
    }

    void tell_of_quota()
    {
        std::string& told = owner_.context().detail;
        told += told.empty() ? "" : "; ";
        told += "not repeated, because the client has used up its quota of repetitions (retry.quota)";
    }

    asio::awaitable<void> pause(std::chrono::steady_clock::duration length)
    {
        owner_.context().phase = phase::wait;
        if (length <= length.zero())
            co_return;
        boost::system::error_code ignored;
        asio::steady_timer timer(owner_.client().strand(), length);
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }

    operation& owner_;
    core::request what_;
    call_target where_;
    when_sent policy_;
    core::retry_policy repetition_;
    call_notes notes_;
    /// What the last repetition took from the quota.
    unsigned taken_ = 0;
    std::function<void(core::request&)> renew_;
    std::shared_ptr<io::body_source> source_;
    io::body_streams bodies_;
};

} // namespace replicate::detail

#endif

// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_STREAM_HPP
#define REPLICATE_DETAIL_STREAM_HPP

#include <replicate/core/stream_machine.hpp>
#include <replicate/core/token_scope.hpp>
#include <replicate/detail/run_body.hpp>
#include <replicate/detail/stream_feed.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace replicate::detail {

/// The body of one connection of a stream: bytes in, events to the subscribers as they come.
class event_sink final : public io::body_sink {
public:
    event_sink(stream_feed& feed, core::stream_machine& machine, std::shared_ptr<client_state> client)
        : feed_(feed)
        , machine_(machine)
        , client_(std::move(client))
        , parser_(parser_options(feed, machine))
    {
    }

    boost::system::error_code begin(core::response const& head) override
    {
        std::string type(head.header("content-type").substr(0, head.header("content-type").find(';')));
        type.erase(type.find_last_not_of(' ') + 1);
        bool const is_stream = boost::beast::iequals(type, "text/event-stream");
        return is_stream ? boost::system::error_code() : make_error_code(errc::unexpected_content);
    }

    asio::awaitable<boost::system::error_code> take(std::string bytes) override
    {
        boost::system::error_code code;
        std::string_view unread = bytes;
        core::sse_step step = core::sse_step::comment;
        while (!code && step != core::sse_step::need_more) {
            step = parser_.parse(unread);
            code = on_step(step);
        }
        if (parser_.retry())
            machine_.on_retry(*parser_.retry());
        co_await feed_.wait_for_room();
        co_return code;
    }

private:
    static core::sse_options parser_options(stream_feed const& feed, core::stream_machine const& machine)
    {
        core::sse_options options;
        options.event_bytes = feed.options().event_bytes;
        options.counts_without_data = "done";
        options.last_event_id = machine.last_event_id();
        return options;
    }

    boost::system::error_code on_step(core::sse_step step)
    {
        if (step == core::sse_step::too_large)
            return errc::body_too_large;
        if (step == core::sse_step::comment)
            machine_.on_comment(parser_.comment());
        if (step != core::sse_step::event)
            return {};
        core::sse_event& found = parser_.event();
        if (machine_.on_event(found))
            feed_.publish(event(std::move(found.name), std::move(found.data), std::move(found.id), client_));
        // The service leaves it to the client to close the connection then.
        return machine_.is_done() ? boost::system::error_code(asio::error::eof) : boost::system::error_code();
    }

    stream_feed& feed_;
    core::stream_machine& machine_;
    std::shared_ptr<client_state> client_;
    core::sse_parser parser_;
};

/// Carries out what a `stream_machine` decides. Lives in the frame that awaits it.
class stream_driver {
public:
    stream_driver(operation& owner, std::shared_ptr<stream_feed> feed, core::absolute_url where)
        : owner_(owner)
        , feed_(std::move(feed))
        , where_(std::move(where))
        , seen_(*feed_->seen())
        , machine_(feed_->options(), where_.path.starts_with("/v1/files/"))
        , notes_(prediction_origin::known, seen_.status)
    {
    }

    /// Reads the stream to its end. Throws what ended it otherwise.
    asio::awaitable<void> perform()
    {
        core::stream_action action = machine_.start();
        while (action.kind == core::stream_action_kind::connect || action.kind == core::stream_action_kind::get) {
            action = co_await take_step(action);
            if (owner_.is_stopped()) {
                // The cancellation that woke this coroutine has done its work; what is left to do must not be hit by it.
                co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
                co_await leave();
                co_return;
            }
        }
        conclude(action.kind);
    }

private:
    /// A step, or the end of one that a stop has interrupted.
    asio::awaitable<core::stream_action> take_step(core::stream_action action)
    {
        core::stream_action next{core::stream_action_kind::get};
        try {
            co_await pause(action.pause);
            if (action.kind == core::stream_action_kind::connect)
                next = co_await connect();
            else
                next = co_await get();
        } catch (...) {
            if (!owner_.is_stopped())
                throw;
        }
        co_return next;
    }

    asio::awaitable<core::stream_action> connect()
    {
        event_sink sink(*feed_, machine_, owner_.shared_client());
        call_result result;
        try {
            call reading(owner_, request_of(), target());
            reading.deliver_to(sink, feed_->options().silence);
            result = co_await reading.perform();
        } catch (...) {
            // The function that knows the token has failed, or this has been stopped.
            result.code = owner_.make_failure(std::current_exception()).code();
        }
        core::stream_break how;
        how.code = result.code;
        how.status = result.response.status;
        how.could_show_token = !machine_.shows_token() && may_show_token();
        co_return machine_.on_break(how, owner_.client().jitter());
    }

    core::request request_of() const
    {
        core::request what("GET", where_.target());
        what.accept = "text/event-stream";
        what.headers.emplace_back("Cache-Control", "no-store");
        if (!machine_.last_event_id().empty())
            what.headers.emplace_back("Last-Event-ID", machine_.last_event_id());
        return what;
    }

    /// The address is known to nobody else, so that it needs no token; and it may name any host.
    call_target target() const
    {
        call_target target;
        target.origin = where_.origin;
        target.frame.host = where_.origin.authority();
        target.frame.user_agent = owner_.client().settings().user_agent;
        target.with_token = machine_.shows_token() && may_show_token();
        target.body_bytes = owner_.client().settings().limits.body_bytes;
        return target;
    }

    bool may_show_token() const
    {
        client_state const& client = owner_.client();
        return core::is_service_host(where_.origin) || where_.origin == client.base().origin
            || (where_.origin.secure && core::names_host(client.settings().files.delivery_hosts, where_.origin));
    }

    asio::awaitable<core::stream_action> get()
    {
        call_result result;
        std::exception_ptr thrown;
        try {
            call look(owner_, core::get_prediction_request(seen_.id));
            result = co_await look.perform();
        } catch (...) {
            thrown = std::current_exception();
        }
        if (thrown)
            co_return on_thrown(std::move(thrown));
        failure_ = result.code;
        auto document = core::parse_document(failure_ ? "null" : result.response.body);
        json::object const* const object = document ? document->if_object() : nullptr;
        if (!failure_ && (object == nullptr || text_member(*object, "id") != seen_.id))
            failure_ = core::why_unexpected(result.response.body);
        owner_.set_last_failure(failure_ ? text_of(failure_, owner_.context()) : std::string());
        if (failure_)
            co_return machine_.on_get_failed(failure_, owner_.client().jitter());
        seen_ = prediction::from_json(std::move(*document));
        seen_.set_meta(owner_.meta_of(result.response));
        notes_.see(owner_.client().notes(), seen_);
        owner_.context().prediction = std::make_shared<prediction const>(seen_);
        co_return machine_.on_seen(seen_, owner_.client().jitter());
    }

    /// The function that knows the token has failed. That may pass, and the prediction is paid for.
    core::stream_action on_thrown(std::exception_ptr thrown)
    {
        failure const reason = owner_.make_failure(std::move(thrown));
        owner_.set_last_failure(text_of(reason.code(), reason.diagnostics()));
        return machine_.on_get_impossible(owner_.client().jitter());
    }

    asio::awaitable<void> pause(std::chrono::steady_clock::duration length)
    {
        boost::system::error_code ignored;
        if (length <= length.zero())
            co_return;
        asio::steady_timer timer(owner_.client().strand(), length);
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }

    /// Nobody reads any more, or the time is up.
    asio::awaitable<void> leave()
    {
        bool const wanted = feed_->options().on_cancel == on_cancel::cancel_remote && !seen_.is_terminal();
        if (!wanted)
            co_return;
        co_await cancel_remotely(owner_, core::cancel_prediction_request(seen_.id));
    }

    void conclude(core::stream_action_kind how)
    {
        if (how == core::stream_action_kind::fail)
            owner_.make_failure(failure_).raise();
        core::stream_rest const& rest = machine_.rest();
        if (!rest.logs.empty())
            publish("logs", rest.logs, "");
        for (std::string const& piece : rest.output)
            publish("output", piece, "");
        if (!rest.error.empty())
            publish("error", rest.error, "");
        publish("done", rest.done, rest.done_id);
        believe_the_end();
        feed_->conclude(seen_);
        if (machine_.verdict())
            owner_.make_failure(machine_.verdict()).raise();
    }

    /// Where the record could not be had, the prediction has ended as the stream said.
    void believe_the_end()
    {
        bool const failed = machine_.verdict() == errc::prediction_failed;
        bool const canceled = machine_.verdict() == errc::prediction_canceled;
        if (seen_.is_terminal() || !(failed || canceled))
            return;
        seen_.status = failed ? prediction_status::failed : prediction_status::canceled;
        notes_.see(owner_.client().notes(), seen_);
        owner_.context().prediction = std::make_shared<prediction const>(seen_);
    }

    void publish(std::string_view name, std::string const& text, std::string const& id)
    {
        feed_->publish(event(std::string(name), text, id, owner_.shared_client()));
    }

    operation& owner_;
    std::shared_ptr<stream_feed> feed_;
    core::absolute_url where_;
    prediction seen_;
    core::stream_machine machine_;
    prediction_notes notes_;
    boost::system::error_code failure_;
};

/// The reading of a stream, from the creation of its prediction to its end, whoever reads it. Its failure goes to the feed.
class stream_operation final : public operation {
public:
    stream_operation(std::shared_ptr<client_state> client, clock::duration timeout, std::shared_ptr<stream_feed> feed)
        : operation(std::move(client), timeout)
        , feed_(std::move(feed))
    {
        context().operation = "stream of prediction " + feed_->seen()->id;
        context().prediction = feed_->seen();
    }

    /// The body has ended.
    void finish(failure outcome)
    {
        if (end())
            feed_->end(std::move(outcome));
    }

private:
    void complete_failure(failure outcome) override { feed_->end(std::move(outcome)); }

    std::shared_ptr<stream_feed> feed_;
};

/// Reads a stream to its end. It holds no place among the calls that are at work: whoever reads it slowly may want to make some.
inline asio::awaitable<void> read_stream(
    std::shared_ptr<stream_operation> running, std::shared_ptr<stream_feed> feed, core::absolute_url where)
{
    running->begin();
    failure outcome;
    try {
        stream_driver driver(*running, std::move(feed), std::move(where));
        co_await driver.perform();
    } catch (...) {
        outcome = failure::of_exception(std::current_exception());
    }
    running->finish(std::move(outcome));
}

} // namespace replicate::detail

#endif

// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_STREAM_HPP
#define REPLICATE_STREAM_HPP

#include <replicate/detail/config.hpp>
#include <replicate/detail/start.hpp>
#include <replicate/event.hpp>
#include <replicate/prediction.hpp>
#include <replicate/stream_options.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace replicate {

class stream;

namespace detail {

class stream_subscription;

void start_stream(std::shared_ptr<client_state> client, model_ref model, input values, stream_options options,
    erased_handler<stream> handler);
void start_stream_of(
    std::shared_ptr<client_state> client, prediction known, stream_options options, erased_handler<stream> handler);
void start_default_stream(
    asio::any_io_executor caller, model_ref model, input values, stream_options options, erased_handler<stream> handler);
void start_next(std::shared_ptr<stream_subscription> reader, call_options options,
    erased_handler<std::optional<event>> handler);
void start_text(
    std::shared_ptr<stream_subscription> reader, call_options options, erased_handler<std::string> handler);

std::shared_ptr<stream_subscription> subscribe(
    stream_subscription const& to, subscribe_from where, when_slow manner);
void close(stream_subscription& reader);
std::shared_ptr<prediction const> seen_by(stream_subscription const& reader);

} // namespace detail

/// The output of a prediction while it comes: `client::async_stream`.
///
///     auto stream = co_await client.async_stream(model, input);
///     while (auto event = co_await stream.async_next())
///         if (event->is_output())
///             std::cout << event->text() << std::flush;
///
/// Every event comes once, whole and in order, as soon as its last byte is there. A connection that breaks is resumed behind the
/// last event (`Last-Event-ID`); what cannot be had so, output and logs, is taken from the prediction itself. In the end the pieces are
/// compared with the prediction's output. While its readers are slow nothing is read from the network.
///
/// A handle: copies are one reader, at one place of the stream; `subscribe` makes another reader. One read at a time for each.
/// When the last handle of all readers has gone before the end, the stream is closed, and `stream_options::on_cancel` says what
/// becomes of the prediction. It must not outlive its execution context. Any thread may use it. An open stream does not count among
/// `scheduler_config::in_flight`; its creation does.
class stream {
public:
    /// No stream. Whatever is done with it throws an `error` of `errc::stream_closed` at once.
    stream() = default;

    /// A reader; for the library itself.
    explicit stream(std::shared_ptr<detail::stream_subscription> reader)
        : reader_(std::move(reader))
    {
    }

    /// Waits for the next event: `std::optional<event>`, empty at the end.
    /// Arguments: `[call_options] [diagnostics&] [completion token]`, as for `predictions_resource`.
    /// A prediction that does not succeed is no quiet end: behind its last event, `error` or `done`, stands a
    /// `prediction_error` of `failed`, `canceled` or `aborted`.
    /// Errors besides: `errc::stream_truncated` where what came is not the output of the prediction; `errc::deadline_exceeded` of
    /// the call (the stream goes on) or the stream; `errc::stream_lagged`; `errc::stream_closed`; those of a request.
    /// Cancellation: terminal and partial; ends this read alone, and no event is lost by it.
    template<class... Arguments>
        requires detail::call_arguments<std::optional<event>, call_options, Arguments...>
    auto async_next(Arguments&&... arguments) const
    {
        return detail::initiate<std::optional<event>, call_options>(
            detail::bind_start<&detail::start_next>(checked()), std::forward<Arguments>(arguments)...);
    }

    /// Waits for the end and gives all text of the output that this reader has not read yet, in one. Its arguments, errors and
    /// cancellation are those of `async_next`; what was read before a failure is not given.
    template<class... Arguments>
        requires detail::call_arguments<std::string, call_options, Arguments...>
    auto async_text(Arguments&&... arguments) const
    {
        return detail::initiate<std::string, call_options>(
            detail::bind_start<&detail::start_text>(checked()), std::forward<Arguments>(arguments)...);
    }

    /// Another reader of the same stream, at its own pace. Nothing is asked of the service for it.
    /// Precondition: there is a stream.
    stream subscribe(subscribe_from where = subscribe_from::beginning, when_slow manner = when_slow::hold_back) const
    {
        return stream(detail::subscribe(*checked(), where, manner));
    }

    /// Closes this reader, as if its last handle had gone. Returns at once; a read that waits fails with `errc::stream_closed`.
    void close() const
    {
        if (reader_)
            detail::close(*reader_);
    }

    /// The prediction: as it was created or given, and from the end of the stream on as it has ended, with logs and metrics.
    /// Precondition: there is a stream.
    std::shared_ptr<replicate::prediction const> prediction() const
    {
        return detail::seen_by(*checked());
    }

private:
    std::shared_ptr<detail::stream_subscription> const& checked() const
    {
        if (!reader_)
            throw detail::make_error(errc::stream_closed, "there is no stream");
        return reader_;
    }

    std::shared_ptr<detail::stream_subscription> reader_;
};

} // namespace replicate

#ifndef REPLICATE_SEPARATE_COMPILATION
#include <replicate/impl/stream.ipp>
#endif

#endif

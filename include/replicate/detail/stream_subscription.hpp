// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_STREAM_SUBSCRIPTION_HPP
#define REPLICATE_DETAIL_STREAM_SUBSCRIPTION_HPP

#include <replicate/detail/stream.hpp>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <utility>

namespace replicate::detail {

/// One reader of a stream. Made and let go on any thread; what it does happens on the strand, in the order in which it was asked for.
class stream_subscription : public std::enable_shared_from_this<stream_subscription> {
public:
    stream_subscription(std::shared_ptr<stream_operation> running, std::shared_ptr<stream_feed> feed)
        : running_(std::move(running))
        , feed_(std::move(feed))
        , number_(feed_->next_number())
    {
    }
    stream_subscription(stream_subscription const&) = delete;
    stream_subscription& operator=(stream_subscription const&) = delete;
    ~stream_subscription() { leave(); }

    /// The client, which lives as long as its streams.
    std::shared_ptr<client_state> const& client() const noexcept { return running_->shared_client(); }

    /// Begins to read. On the strand, once.
    void join(subscribe_from where, when_slow manner)
    {
        if (!closed_)
            feed_->join(number_, where, manner);
    }

    /// Another reader. From any thread.
    std::shared_ptr<stream_subscription> subscribe(subscribe_from where, when_slow manner) const
    {
        auto made = std::make_shared<stream_subscription>(running_, feed_);
        asio::post(client()->strand(), [weak = made->weak_from_this(), where, manner] {
            if (auto const reader = weak.lock())
                reader->join(where, manner);
        });
        return made;
    }

    /// The right to read; throws where somebody has it. On the strand.
    std::shared_ptr<void> take_turn()
    {
        if (reading_)
            throw_invalid_argument("stream", "is being read already; one read at a time, or subscribe() for another reader");
        reading_ = true;
        return std::shared_ptr<void>(this, [self = shared_from_this()](void*) { self->reading_ = false; });
    }

    /// The next event. On the strand.
    asio::awaitable<std::optional<event>> next(operation& reader)
    {
        auto found = co_await feed_->next(reader, number_);
        co_return found;
    }

    /// Stops reading. From any thread.
    void close() { leave(); }

    /// The prediction. From any thread.
    std::shared_ptr<prediction const> seen() const noexcept { return feed_->seen(); }

private:
    // The message owns nothing: at the end of its execution context it may never be read.
    void leave()
    {
        if (closed_.exchange(true))
            return;
        std::weak_ptr<stream_operation> const running = running_;
        std::weak_ptr<stream_feed> const feed = feed_;
        asio::post(client()->strand(), [running, feed, number = number_] {
            auto const stream = feed.lock();
            if (!stream)
                return;
            stream->leave(number);
            auto const reading = running.lock();
            if (reading && stream->is_deserted() && !stream->has_ended())
                reading->request_stop();
        });
    }

    std::shared_ptr<stream_operation> running_;
    std::shared_ptr<stream_feed> feed_;
    core::stream_log::subscriber number_;
    std::atomic<bool> closed_ = false;
    bool reading_ = false;
};

} // namespace replicate::detail

#endif

// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_MEMORY_STREAM_HPP
#define REPLICATE_TESTS_SUPPORT_MEMORY_STREAM_HPP

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace replicate::tests {

namespace asio = boost::asio;

/// A stream without a network: its other side is a script. Used on one strand; outlives what is pending on it.
class memory_stream {
public:
    using executor_type = asio::any_io_executor;
    using lowest_layer_type = memory_stream;

    explicit memory_stream(asio::any_io_executor executor)
        : executor_(std::move(executor))
    {
    }
    memory_stream(memory_stream const&) = delete;
    memory_stream& operator=(memory_stream const&) = delete;

    // ---- the script

    /// The other side sends this once it has received so many bytes. A read never spans two such pieces.
    void answer(std::string bytes, std::size_t after_received = 0)
    {
        pieces_.push_back(piece(std::move(bytes), after_received));
        make_progress();
    }

    /// What a read gives once all is read. Without it the other side stays silent.
    void end_with(boost::system::error_code code)
    {
        end_ = code;
        make_progress();
    }

    /// The other side takes so many bytes and no more: a write then fails, or waits where there is no code.
    void accept_at_most(std::size_t bytes, boost::system::error_code then = {})
    {
        window_ = bytes;
        window_error_ = then;
    }

    /// The k-th operation, from 0, reads and writes counted together, fails; so does everything after it.
    void fail_at(std::size_t operation, boost::system::error_code code)
    {
        fail_at_ = operation;
        failure_ = code;
    }

    /// Reads and writes carry no more than so many bytes at once.
    void carry_at_most(std::size_t bytes) { share_ = bytes; }

    // ---- what became of it

    /// What the other side has received.
    std::string const& received() const noexcept { return received_; }

    /// How many bytes of its answer were read.
    std::size_t delivered() const noexcept { return delivered_; }

    /// How many reads and writes were begun.
    std::size_t operations() const noexcept { return operations_; }

    bool is_closed() const noexcept { return closed_; }

    /// True while an operation waits.
    bool is_reading() const noexcept { return read_.has_value(); }
    bool is_writing() const noexcept { return write_.has_value(); }

    // ---- what a stream has

    executor_type get_executor() const noexcept { return executor_; }
    memory_stream& lowest_layer() noexcept { return *this; }

    void close(boost::system::error_code& code)
    {
        code = {};
        closed_ = true;
        abort(read_);
        abort(write_);
    }

    template<class Buffers, class Token>
    auto async_read_some(Buffers const& buffers, Token&& token)
    {
        return asio::async_initiate<Token, signature>(
            start(), token, this, &memory_stream::read_, asio::mutable_buffer(*asio::buffer_sequence_begin(buffers)));
    }

    template<class Buffers, class Token>
    auto async_write_some(Buffers const& buffers, Token&& token)
    {
        asio::const_buffer const first(*asio::buffer_sequence_begin(buffers));
        // A write only reads from its buffer; one kind of pending operation is enough.
        return asio::async_initiate<Token, signature>(start(), token, this, &memory_stream::write_,
            asio::mutable_buffer(const_cast<void*>(first.data()), first.size()));
    }

private:
    using signature = void(boost::system::error_code, std::size_t);
    using handler_type = asio::any_completion_handler<signature>;

    class piece {
    public:
        piece(std::string what, std::size_t when)
            : bytes(std::move(what))
            , after_received(when)
        {
        }
        std::string bytes;
        std::size_t after_received;
    };

    class pending {
    public:
        pending(handler_type what, asio::cancellation_slot where, asio::mutable_buffer space)
            : handler(std::move(what))
            , slot(where)
            , buffer(space)
        {
        }
        handler_type handler;
        asio::cancellation_slot slot;
        asio::mutable_buffer buffer;
    };

    class completion {
    public:
        completion(handler_type handler, boost::system::error_code code, std::size_t count)
            : handler_(std::move(handler))
            , code_(code)
            , count_(count)
        {
        }
        void operator()() { std::move(handler_)(code_, count_); }

    private:
        handler_type handler_;
        boost::system::error_code code_;
        std::size_t count_;
    };

    using place = std::optional<pending> memory_stream::*;

    struct start {
        template<class Handler>
        void operator()(Handler&& handler, memory_stream* stream, place where, asio::mutable_buffer buffer) const
        {
            handler_type erased(std::forward<Handler>(handler));
            // Its own, which lies behind the handler's from now on.
            auto slot = asio::get_associated_cancellation_slot(erased);
            if (slot.is_connected())
                slot.assign([stream, where](asio::cancellation_type) { stream->abort(stream->*where); });
            (stream->*where).emplace(std::move(erased), slot, buffer);
            stream->begin(stream->*where);
        }
    };

    void begin(std::optional<pending>& operation)
    {
        if (operations_++ == fail_at_)
            broken_ = failure_;
        if (closed_)
            complete(operation, asio::error::bad_descriptor, 0);
        else if (broken_)
            complete(operation, broken_, 0);
        else
            make_progress();
    }

    void make_progress()
    {
        if (write_)
            try_write();
        if (read_)
            try_read();
    }

    void try_write()
    {
        std::size_t const room = window_ - received_.size();
        std::size_t const count = std::min({write_->buffer.size(), room, share_});
        if (room == 0 && window_error_)
            return complete(write_, window_error_, 0);
        if (count == 0 && write_->buffer.size() > 0)
            return;
        received_.append(static_cast<char const*>(write_->buffer.data()), count);
        complete(write_, {}, count);
    }

    void try_read()
    {
        if (pieces_.empty()) {
            if (end_)
                complete(read_, end_, 0);
            return;
        }
        piece& next = pieces_.front();
        // A side that stops reading answers all the same.
        if (received_.size() < std::min(next.after_received, window_))
            return;
        std::size_t const count = std::min({read_->buffer.size(), next.bytes.size(), share_});
        asio::buffer_copy(read_->buffer, asio::buffer(next.bytes), count);
        next.bytes.erase(0, count);
        if (next.bytes.empty())
            pieces_.pop_front();
        delivered_ += count;
        complete(read_, {}, count);
    }

    void abort(std::optional<pending>& operation)
    {
        if (operation)
            complete(operation, asio::error::operation_aborted, 0);
    }

    void complete(std::optional<pending>& operation, boost::system::error_code code, std::size_t count)
    {
        pending ended = std::move(*operation);
        operation.reset();
        if (ended.slot.is_connected())
            ended.slot.clear();
        // All runs on the one executor, so the handler's own needs no regard.
        asio::post(executor_, completion(std::move(ended.handler), code, count));
    }

    static constexpr std::size_t unlimited = static_cast<std::size_t>(-1);

    asio::any_io_executor executor_;
    std::deque<piece> pieces_;
    boost::system::error_code end_;
    std::size_t window_ = unlimited;
    boost::system::error_code window_error_;
    std::size_t share_ = unlimited;
    std::size_t fail_at_ = unlimited;
    boost::system::error_code failure_;
    boost::system::error_code broken_;
    std::string received_;
    std::size_t delivered_ = 0;
    std::size_t operations_ = 0;
    bool closed_ = false;
    std::optional<pending> read_;
    std::optional<pending> write_;
};

} // namespace replicate::tests

#endif

// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IO_PHASE_LIMIT_HPP
#define REPLICATE_IO_PHASE_LIMIT_HPP

#include <replicate/io/deadline_list.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>

namespace replicate::io {

/// Closes a stream when a phase takes too long, which ends whatever operation is pending on it. Unlike a cancellation
/// it cannot be missed between two operations.
template<class Stream>
class phase_limit final : public deadline_entry {
public:
    phase_limit(Stream& stream, deadline_list& deadlines)
        : stream_(stream)
        , deadlines_(deadlines)
    {
    }

    ~phase_limit() { deadlines_.disarm(*this); }

    /// The phase must have ended by then.
    void set(std::chrono::steady_clock::time_point time) { deadlines_.arm(*this, time); }

    /// No limit until the next `set`.
    void clear() { deadlines_.disarm(*this); }

    /// True when a phase took too long; the stream is closed then.
    bool is_over() const noexcept { return over_; }

private:
    void on_deadline() override
    {
        over_ = true;
        boost::system::error_code ignored;
        stream_.lowest_layer().close(ignored);
    }

    Stream& stream_;
    deadline_list& deadlines_;
    bool over_ = false;
};

} // namespace replicate::io

#endif

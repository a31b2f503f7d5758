// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CREATE_GATE_HPP
#define REPLICATE_CREATE_GATE_HPP

#include <replicate/error.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace replicate {

/// A rate that several processes hold together: `limit_file`, `redis_rate`. A plain value.
class shared_rate {
public:
    /// So many creates in each window at most; of them no more than a twentieth, or one, in such a part of the window. From 1 to 1,000,000.
    /// Default 600.
    std::uint32_t limit = 600;
    /// The window. Default 1 min, at least 1 ms.
    std::chrono::steady_clock::duration window = std::chrono::minutes(1);
    /// How long what was let go may take until it leaves. The window is longer by as much, so that also what leaves is within the limit.
    /// Default 2 s, at least 1 ms; less than `batch_options::settle`.
    std::chrono::steady_clock::duration margin = std::chrono::seconds(2);
    /// The longest that all wait after a 429. Default 2 min, at least 1 ms.
    std::chrono::steady_clock::duration longest_pause = std::chrono::minutes(2);

    /// The defaults.
    shared_rate() = default;
};

/// What a gate answers to one who wants to create a prediction. A plain value.
class gate_answer {
public:
    /// Zero: it may go. Otherwise: after so long it is to be asked again.
    std::chrono::steady_clock::duration wait{0};
    /// When it may go: until when its first byte must have left. What has not left by then asks again.
    std::chrono::steady_clock::time_point until = std::chrono::steady_clock::time_point::max();
    /// Where set, it may not go, now or later, and the call ends with this error.
    boost::system::error_code refusal;
    /// Why, in words.
    std::string reason;

    /// It may go.
    gate_answer() = default;
};

/// A limit on creates that several processes keep together: `config::gate`. Each request that creates a prediction asks it, repetitions
/// too, last of all before it is sent: after its own client's rate limits, so that what those learn stays as it is.
/// `limit_file` is one for the processes of a machine, `redis_rate` for those of many.
class create_gate {
public:
    /// What is called with the answer.
    using answer_function = std::function<void(gate_answer)>;

    create_gate() = default;
    create_gate(create_gate const&) = delete;
    create_gate& operator=(create_gate const&) = delete;
    virtual ~create_gate() = default;

    /// Asks whether one create may go now. `answer` is to be called once, on any thread, also within this call, and soon: a gate that
    /// cannot tell says how long to wait. Called on the client's strand, one at a time for each client; must not block or throw.
    virtual void ask(answer_function answer) = 0;

    /// The service has refused a create with 429, and wishes to be left alone for so long; zero where it does not say. Called on the
    /// client's strand; must not block or throw.
    virtual void on_throttled(std::chrono::steady_clock::duration wish) = 0;
};

namespace detail {

inline void check(shared_rate const& rate)
{
    constexpr std::chrono::milliseconds least{1};
    if (rate.limit == 0 || rate.limit > 1'000'000 || rate.window < least || rate.margin < least || rate.longest_pause < least)
        throw_invalid_argument("rate", "limit must be from 1 to 1,000,000, and window, margin and longest_pause at least 1 ms");
}

} // namespace detail

} // namespace replicate

#endif

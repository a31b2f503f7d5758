// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CREATE_GATE_HPP
#define REPLICATE_CREATE_GATE_HPP

#include <boost/system/error_code.hpp>

#include <chrono>
#include <functional>
#include <string>

namespace replicate {

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

} // namespace replicate

#endif

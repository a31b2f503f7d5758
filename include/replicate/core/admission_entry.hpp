// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_ADMISSION_ENTRY_HPP
#define REPLICATE_CORE_ADMISSION_ENTRY_HPP

#include <replicate/priority.hpp>

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/set.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace replicate::core {

class admission_lane;

/// What one who waits for its turn waits for.
enum class admission_kind {
    /// For one of the places of predictions in flight, of its model too, which it keeps until it is given back.
    creation,
    /// For nothing but its turn.
    request,
    /// For nothing but its turn, within something that has had its turn before: it goes before the others of its priority, and
    /// is never turned away.
    continued
};

/// One who waits. It lives with whoever waits, so that a place in the queue costs no allocation.
class admission_entry : public boost::intrusive::set_base_hook<>, public boost::intrusive::list_base_hook<> {
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// What it waits for.
    admission_kind kind = admission_kind::request;
    /// Before whom it goes.
    replicate::priority priority = replicate::priority::interactive;
    /// With whom it shares a part of the turns.
    std::string group;
    /// Whose places it takes; empty where they are not counted.
    std::string model;
    /// The earlier, the sooner its turn within its group.
    time_point deadline = time_point::max();

    admission_entry() = default;
    admission_entry(admission_entry const&) = delete;
    admission_entry& operator=(admission_entry const&) = delete;

    /// Whether it waits.
    bool is_waiting() const noexcept { return boost::intrusive::list_base_hook<>::is_linked(); }

    /// The order within a group.
    friend bool operator<(admission_entry const& left, admission_entry const& right) noexcept
    {
        return left.deadline != right.deadline ? left.deadline < right.deadline : left.arrival_ < right.arrival_;
    }

private:
    friend class admission_queue;
    friend class admission_level;

    std::uint64_t arrival_ = 0;
    admission_lane* lane_ = nullptr;
};

} // namespace replicate::core

#endif

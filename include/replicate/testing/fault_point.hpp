// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTING_FAULT_POINT_HPP
#define REPLICATE_TESTING_FAULT_POINT_HPP

#include <replicate/testing/fault.hpp>

#include <cstddef>
#include <functional>
#include <memory>

namespace replicate::testing {

namespace detail {
class fault_plan;
class fault_rule;
} // namespace detail

/// A place in a server's plan of faults, made by `server::next` and its kin; it takes the words of `fault`:
///
///     server.next(operation::create).delay(2s).status(503);
///     server.next_get().times(3).reset_after_request();
///
/// Nothing goes wrong until a word was said; each word takes effect at once. Safe to use from any thread.
class fault_point : public fault_words<fault_point> {
public:
    /// For `next`: the fault is for so many requests, not for one only.
    fault_point& times(std::size_t count);

    /// Takes over a fault that was made elsewhere.
    fault_point& use(fault const& made)
    {
        apply([&](fault_description& described) { described = made.description(); });
        return *this;
    }

private:
    friend class fault_words<fault_point>;
    friend class server;

    fault_point(std::shared_ptr<detail::fault_plan> plan, std::shared_ptr<detail::fault_rule> rule);

    void apply(std::function<void(fault_description&)> const& change_fault);

    std::shared_ptr<detail::fault_plan> plan_;
    std::shared_ptr<detail::fault_rule> rule_;
};

} // namespace replicate::testing

#ifndef REPLICATE_SEPARATE_COMPILATION
#include <replicate/impl/testing/fault_point.ipp>
#endif

#endif

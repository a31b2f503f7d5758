// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_WAITING_RECORD_HPP
#define REPLICATE_IMPL_WAITING_RECORD_HPP

#include <replicate/batch_journal.hpp>

#include <boost/asio/any_completion_executor.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/system_executor.hpp>

#include <utility>
#include <variant>
#include <vector>

namespace replicate::detail {

/// Records that wait to be written, and who waits for it.
class waiting_record {
public:
    waiting_record(std::vector<batch_record> given, erased_handler<std::monostate> told)
        : what(std::move(given))
        , handler_(std::move(told))
        , executor_(asio::prefer(asio::get_associated_executor(handler_, asio::any_io_executor(asio::system_executor())),
              asio::execution::outstanding_work.tracked))
    {
    }

    /// Tells who waits. A class, not a closure: it is moved on through executors.
    void complete(failure outcome) { executor_.execute(notice(std::move(handler_), std::move(outcome))); }

    std::vector<batch_record> what;

private:
    class notice {
    public:
        notice(erased_handler<std::monostate> handler, failure outcome)
            : handler_(std::move(handler))
            , outcome_(std::move(outcome))
        {
        }

        void operator()() { std::move(handler_)(std::move(outcome_), std::monostate()); }

    private:
        erased_handler<std::monostate> handler_;
        failure outcome_;
    };

    erased_handler<std::monostate> handler_;
    // Has work until it has completed, so that what runs the context does not end before.
    asio::any_completion_executor executor_;
};

} // namespace replicate::detail

#endif

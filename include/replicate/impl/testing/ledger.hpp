// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_LEDGER_HPP
#define REPLICATE_IMPL_TESTING_LEDGER_HPP

#include <replicate/testing/counts.hpp>
#include <replicate/testing/recorded_request.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace replicate::testing::detail {

/// What the server has seen. Safe from any thread; whoever waits for a count is woken when one changes.
class ledger {
public:
    explicit ledger(std::size_t remembered_requests)
        : capacity_(remembered_requests)
    {
    }

    /// Changes the counts: `change` gets them.
    template<class Change>
    void count(Change const& change)
    {
        {
            std::lock_guard const lock(mutex_);
            change(counts_);
        }
        changed_.notify_all();
    }

    void connection_opened()
    {
        count([](server_counts& counts) {
            ++counts.connections;
            counts.peak_connections = std::max(counts.peak_connections, ++counts.live_connections);
        });
    }

    void connection_closed()
    {
        count([](server_counts& counts) { --counts.live_connections; });
    }

    /// A request whose header was read.
    void request_seen(operation kind)
    {
        count([&](server_counts& counts) {
            ++counts.requests;
            if (std::size_t* const counter = counter_of(counts, kind))
                ++*counter;
        });
    }

    /// A request that was read as far as it will be.
    void remember(recorded_request request)
    {
        {
            std::lock_guard const lock(mutex_);
            requests_.push_back(std::move(request));
            if (requests_.size() > capacity_)
                requests_.pop_front();
        }
        changed_.notify_all();
    }

    server_counts counts() const
    {
        std::lock_guard const lock(mutex_);
        return counts_;
    }

    void reset()
    {
        count([](server_counts& counts) {
            server_counts fresh;
            fresh.live_connections = fresh.peak_connections = counts.live_connections;
            fresh.predictions = counts.predictions;
            fresh.live_streams = fresh.peak_streams = counts.live_streams;
            counts = std::move(fresh);
        });
    }

    bool wait_until(
        std::function<bool(server_counts const&)> const& condition, std::chrono::steady_clock::duration timeout) const
    {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, timeout, [&] { return condition(counts_); });
    }

    std::vector<recorded_request> requests() const
    {
        std::lock_guard const lock(mutex_);
        return std::vector<recorded_request>(requests_.begin(), requests_.end());
    }

    std::optional<recorded_request> last_request(operation kind) const
    {
        std::lock_guard const lock(mutex_);
        for (auto request = requests_.rbegin(); request != requests_.rend(); ++request)
            if (kind == operation::any || request->operation == kind)
                return *request;
        return std::nullopt;
    }

private:
    static std::size_t* counter_of(server_counts& counts, operation kind) noexcept
    {
        switch (kind) {
        case operation::create: return &counts.create_requests;
        case operation::get: return &counts.gets;
        case operation::list: return &counts.lists;
        case operation::cancel: return &counts.cancels;
        case operation::model: return &counts.models;
        case operation::file_create: return &counts.file_creates;
        case operation::file: return &counts.files;
        case operation::training_create: return &counts.training_creates;
        case operation::training: return &counts.trainings;
        case operation::deployment: return &counts.deployments;
        case operation::catalog: return &counts.catalogs;
        case operation::download: return &counts.downloads;
        case operation::stream: return &counts.streams;
        case operation::other: return &counts.others;
        default: return nullptr;
        }
    }

    std::size_t const capacity_;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    server_counts counts_;
    std::deque<recorded_request> requests_;
};

} // namespace replicate::testing::detail

#endif

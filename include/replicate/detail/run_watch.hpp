// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_RUN_WATCH_HPP
#define REPLICATE_DETAIL_RUN_WATCH_HPP

#include <replicate/detail/webhook_mailbox.hpp>
#include <replicate/run_options.hpp>
#include <replicate/run_update.hpp>

#include <algorithm>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace replicate::detail {

/// What a run hears by webhooks, and what it tells its observer.
class run_watch {
public:
    /// The options must outlive it.
    explicit run_watch(run_options const& options)
        : observer_(options.observer)
    {
        if (observer_)
            updates_ = std::make_unique<update_finder>();
    }

    /// Where the service is to call; for a run that waits by webhooks a place of its own, taken once.
    std::optional<std::string> webhook(run_options const& options, client_state& client)
    {
        if (!options.wait.is_webhook())
            return options.webhook;
        if (place_.mailbox() == nullptr)
            place_.enter(options.wait.waits(), client);
        return place_.url();
    }

    /// When the service is to call.
    static std::vector<webhook_event> webhook_events(run_options const& options)
    {
        std::vector<webhook_event> events = options.webhook_events_filter;
        if (!options.wait.is_webhook())
            return events;
        if (events.empty() && options.observer)
            events = {webhook_event::start, webhook_event::output, webhook_event::logs};
        else if (events.empty() && options.running_timeout)
            events = {webhook_event::start};
        if (std::find(events.begin(), events.end(), webhook_event::completed) == events.end())
            events.push_back(webhook_event::completed);
        return events;
    }

    /// Null for a run that does not wait by webhooks.
    webhook_mailbox* mailbox() noexcept { return place_.mailbox(); }

    /// True while webhooks may come.
    bool listens() noexcept { return place_.mailbox() != nullptr && !place_.mailbox()->has_ended(); }

    /// True once, when no webhooks will come any more.
    bool notices_end() noexcept { return place_.mailbox()->has_ended() && !std::exchange(end_noticed_, true); }

    /// Tells the observer what is new; nothing after it has thrown.
    void tell(prediction const& seen)
    {
        if (!observer_ || failure_)
            return;
        try {
            if (auto const update = updates_->look_at(seen))
                observer_(*update);
        } catch (...) {
            failure_ = std::current_exception();
        }
    }

    /// What the observer threw; null where it did not.
    std::exception_ptr const& failure() const noexcept { return failure_; }

private:
    run_observer const& observer_;
    // Only few runs have an observer.
    std::unique_ptr<update_finder> updates_;
    std::exception_ptr failure_;
    webhook_place place_;
    bool end_noticed_ = false;
};

} // namespace replicate::detail

#endif

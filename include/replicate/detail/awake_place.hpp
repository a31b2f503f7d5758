// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_AWAKE_PLACE_HPP
#define REPLICATE_DETAIL_AWAKE_PLACE_HPP

#include <replicate/detail/operation.hpp>
#include <replicate/detail/poll_desk.hpp>
#include <replicate/detail/wake_up.hpp>
#include <replicate/detail/webhook_mailbox.hpp>

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <utility>

namespace replicate::detail {

/// The place at the desk of one that waits for its prediction by a coroutine, because it listens to something else too, or has nothing
/// that could be put away meanwhile.
class awake_place final : public poll_place {
public:
    /// `mailbox`: whose wait its turn ends; null for its own. Both must outlive it.
    explicit awake_place(operation& owner, webhook_mailbox* mailbox = nullptr)
        : poll_place(*owner.client().polls(), owner.client().deadlines())
        , mailbox_(mailbox)
        , bell_(owner.client().strand())
    {
    }

    /// Waits for its turn, or for a page that shows the prediction, or for a cancellation.
    asio::awaitable<void> wait()
    {
        if (!called_ && !glimpsed_)
            co_await bell_.wait();
    }

    /// True once after its turn has come.
    bool take_call() noexcept { return std::exchange(called_, false); }

    /// What a page has shown since this was asked last.
    std::optional<prediction_status> take_glimpse() noexcept { return std::exchange(glimpsed_, std::nullopt); }

private:
    void on_called() override
    {
        called_ = true;
        wake();
    }

    void on_glimpsed(prediction_status status) override
    {
        glimpsed_ = status;
        wake();
    }

    // The coroutine goes with the execution context, as everything that waits.
    void on_forsaken() override {}

    void wake()
    {
        if (mailbox_ != nullptr)
            mailbox_->wake();
        else
            bell_.notify();
    }

    webhook_mailbox* mailbox_;
    wake_up bell_;
    bool called_ = false;
    std::optional<prediction_status> glimpsed_;
};

} // namespace replicate::detail

#endif

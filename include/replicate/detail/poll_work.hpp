// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_POLL_WORK_HPP
#define REPLICATE_DETAIL_POLL_WORK_HPP

#include <replicate/detail/call.hpp>
#include <replicate/detail/poll_desk.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace replicate::detail {

/// A look at a page, for nobody in particular.
class page_look final : public operation {
public:
    explicit page_look(std::shared_ptr<client_state> client)
        : operation(std::move(client), std::chrono::seconds(30))
    {
    }

    /// It is over.
    void finish() { end(); }

private:
    void complete_failure(failure) override {}
};

/// Asks for a page and gives it to the desk.
inline asio::awaitable<void> look_at_page(std::shared_ptr<page_look> look, core::poll_action window)
{
    poll_desk& desk = *look->client().polls();
    std::optional<core::poll_page> page;
    std::chrono::steady_clock::duration wish{0};
    look->begin();
    try {
        call question(*look, core::poll_page_request(window));
        call_result const answer = co_await question.perform();
        wish = answer.wish;
        auto const document = core::parse_document(answer.code ? "null" : answer.response.body);
        if (document)
            page = core::poll_page::of(*document);
    } catch (...) {
        page.reset(); // the function that knows the token may throw anything
    }
    look->finish();
    if (page)
        desk.take(window, *page);
    else if (look->is_cancel_requested())
        desk.drop(window);
    else
        desk.fail(window, wish);
}

/// Starts a look.
inline std::weak_ptr<page_look> start_page_look(std::shared_ptr<client_state> const& client, core::poll_action window)
{
    auto const look = std::make_shared<page_look>(client);
    auto const slot = look->slot();
    asio::co_spawn(client->strand(), look_at_page(look, std::move(window)),
        asio::bind_cancellation_slot(slot, [look](std::exception_ptr) {}));
    return look;
}

/// The looks at pages that are under way.
class page_looks {
public:
    page_looks() = default;
    page_looks(page_looks const&) = delete;
    page_looks& operator=(page_looks const&) = delete;

    void add(std::weak_ptr<page_look> look)
    {
        std::erase_if(looks_, [](auto const& one) { return one.expired(); });
        looks_.push_back(std::move(look));
    }

    /// Nobody is interested in them any more.
    void stop()
    {
        for (auto const& one : looks_)
            if (auto const look = one.lock())
                look->request_stop();
    }

private:
    std::vector<std::weak_ptr<page_look>> looks_;
};

/// Does what the plan says next, and says until when there is nothing more to do; nothing where there may be more.
inline std::optional<poll_desk::clock::time_point> take_step_of_plan(std::shared_ptr<client_state> const& client, page_looks& looks)
{
    poll_desk& desk = *client->polls();
    core::poll_action action = desk.next(client->jitter());
    switch (action.kind) {
    case core::poll_action_kind::get: desk.call(action); return std::nullopt;
    case core::poll_action_kind::list: looks.add(start_page_look(client, std::move(action))); return std::nullopt;
    case core::poll_action_kind::wait: return action.until;
    case core::poll_action_kind::nothing: break;
    }
    return poll_desk::clock::time_point::max();
}

/// Carries out what the plan says while somebody waits.
inline asio::awaitable<void> work_on_plan(std::shared_ptr<client_state> client, std::shared_ptr<poll_desk::shift> shift)
{
    page_looks looks;
    boost::system::error_code ignored;
    while (client->polls()->has_places()) {
        std::optional<poll_desk::clock::time_point> until;
        try {
            until = take_step_of_plan(client, looks);
        } catch (std::exception const&) {
            until = poll_desk::clock::now() + std::chrono::seconds(1); // there was no memory, perhaps; those that wait still do
        }
        if (!until)
            continue;
        shift->timer.expires_at(*until);
        co_await shift->timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    looks.stop();
}

/// Sees to it that somebody works on the plan.
inline void start_work_on_plan(std::shared_ptr<client_state> const& client)
{
    if (!client->polls()->wants_work())
        return;
    auto const shift = std::make_shared<poll_desk::shift>(client->polls(), client->strand());
    asio::co_spawn(client->strand(), work_on_plan(client, shift), asio::detached);
}

} // namespace replicate::detail

#endif

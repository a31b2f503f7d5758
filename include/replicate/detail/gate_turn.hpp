// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_GATE_TURN_HPP
#define REPLICATE_DETAIL_GATE_TURN_HPP

#include <replicate/create_gate.hpp>
#include <replicate/detail/operation.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

namespace replicate::detail {

/// One who has asked the gate. The gate holds no more of it than may go away meanwhile.
class gate_question {
public:
    explicit gate_question(io::strand executor)
        : timer_(std::move(executor), asio::steady_timer::time_point::max())
    {
    }

    static create_gate::answer_function answer_to(std::shared_ptr<gate_question> const& asking)
    {
        return [weak = std::weak_ptr<gate_question>(asking)](gate_answer given) {
            auto const waiting = weak.lock();
            if (!waiting)
                return;
            asio::post(waiting->timer_.get_executor(), [weak, given = std::move(given)]() mutable {
                if (auto const still_waiting = weak.lock())
                    still_waiting->take(std::move(given));
            });
        };
    }

    asio::awaitable<void> wait()
    {
        boost::system::error_code ignored;
        while (!is_answered_)
            co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }

    gate_answer answer;

private:
    void take(gate_answer given)
    {
        if (std::exchange(is_answered_, true))
            return;
        answer = std::move(given);
        timer_.cancel();
    }

    asio::steady_timer timer_;
    bool is_answered_ = false;
};

/// Waits until the gate lets a create go, one at a time, and gives until when it must have gone. Throws where it may not, and when
/// the operation is stopped.
inline asio::awaitable<std::chrono::steady_clock::time_point> pass_gate(operation& owner, std::shared_ptr<create_gate> gate)
{
    constexpr std::chrono::milliseconds shortest{1};
    owner.context().phase = phase::queue;
    client_state& client = owner.client();
    io::pass const turn = co_await client.gate_turns().admit();
    for (;;) {
        auto const question = std::make_shared<gate_question>(client.strand());
        gate->ask(gate_question::answer_to(question));
        co_await question->wait();
        if (question->answer.refusal) {
            owner.context().detail = std::move(question->answer.reason);
            owner.make_failure(question->answer.refusal).raise();
        }
        if (question->answer.wait <= question->answer.wait.zero())
            co_return question->answer.until;
        asio::steady_timer timer(client.strand(), std::max<std::chrono::steady_clock::duration>(question->answer.wait, shortest));
        boost::system::error_code ignored;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

} // namespace replicate::detail

#endif

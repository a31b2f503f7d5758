// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_QUESTION_BODY_HPP
#define REPLICATE_DETAIL_QUESTION_BODY_HPP

#include <replicate/core/page_target.hpp>
#include <replicate/detail/call.hpp>
#include <replicate/detail/prepare.hpp>
#include <replicate/detail/question.hpp>

#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace replicate::detail {

/// Lets a question read its answer, adding what the operation knows to what is wrong with it.
inline void read_into(operation& owner, question& what, core::response response)
{
    response_meta meta = owner.meta_of(response);
    try {
        what.answer(std::move(response), std::move(meta));
    } catch (error const& refused) {
        owner.context().detail = refused.diagnostics().detail;
        owner.make_failure(refused.code()).raise();
    }
}

/// One request of a question.
inline asio::awaitable<void> ask_once(operation& owner, question& what, core::request next)
{
    auto target = call_target::api(owner.client());
    if (what.wants_file())
        target.body_bytes = owner.client().settings().limits.download_bytes;
    call one(owner, std::move(next), std::move(target));
    call_result result = co_await one.perform();
    if (result.code)
        owner.make_failure(result.code).raise();
    read_into(owner, what, std::move(result.response));
}

/// Sends the files that stand in the arguments of a question, once these are seen to be good.
inline asio::awaitable<void> send_files(operation& owner, question& what)
{
    input* const values = what.values();
    if (values == nullptr || values->files().empty())
        co_return;
    what.check(core::api_links(owner.client().base()));
    std::vector<used_upload> used;
    *values = co_await prepare_input(owner, *values, used);
}

/// The body of every operation that is a question.
inline asio::awaitable<std::monostate> question_body(operation& owner, std::shared_ptr<question> what)
{
    core::api_links const links(owner.client().base());
    co_await send_files(owner, *what);
    std::optional<core::request> next = what->ask(links);
    if (!next)
        co_return std::monostate();
    while (next) {
        core::request request = std::move(*next);
        co_await ask_once(owner, *what, std::move(request));
        next = what->ask(links);
    }
    co_return std::monostate();
}

} // namespace replicate::detail

#endif

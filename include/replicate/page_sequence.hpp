// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_PAGE_SEQUENCE_HPP
#define REPLICATE_PAGE_SEQUENCE_HPP

#include <replicate/detail/page_walk.hpp>
#include <replicate/detail/question.hpp>
#include <replicate/page.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace replicate {

/// The pages of a list, one after the other, each fetched when it is asked for:
///
///     auto pages = client.models().list();
///     while (auto page = co_await pages.async_next())
///         for (auto& model : page->results) ...
///
/// A handle, cheap to copy; its copies are one sequence. Used by one coroutine at a time: a second `async_next` beside one that is
/// under way fails with `errc::invalid_argument`.
template<class T>
class page_sequence {
public:
    /// A sequence that has ended.
    page_sequence() = default;

    /// Of a walk over the pages.
    page_sequence(std::shared_ptr<detail::client_state> client, std::shared_ptr<detail::page_walk> walk)
        : client_(std::move(client))
        , walk_(std::move(walk))
    {
    }

    /// Gives the next page, or nothing behind the last one. Options: `call_options`; where they have no timeout, that of the
    /// list applies. After a failure, the same page can be asked for again.
    /// Errors: those of a request. A link that leads to another host or another list, or to a page that was there before, is
    /// an `error` of `errc::unexpected_document` that names it; nothing is sent there.
    /// Cancellation: terminal and partial; the page is not passed over.
    template<class... Arguments>
        requires detail::call_arguments<std::optional<page<T>>, call_options, Arguments...>
    auto async_next(Arguments&&... arguments) const
    {
        return detail::initiate<std::optional<page<T>>, call_options>(
            detail::next_page_start<T>(client_, walk_), std::forward<Arguments>(arguments)...);
    }

private:
    std::shared_ptr<detail::client_state> client_;
    std::shared_ptr<detail::page_walk> walk_;
};

} // namespace replicate

#endif

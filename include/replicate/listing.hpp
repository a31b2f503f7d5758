// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_LISTING_HPP
#define REPLICATE_LISTING_HPP

#include <replicate/page_sequence.hpp>

#include <cstddef>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

namespace replicate {

/// A list of the service, to be had in three ways: one page, the pages one after the other, or all of it. A handle, cheap to
/// copy, for any thread. `Options` is `list_options` or the class of this list with more to say; `Build` makes the request.
///
/// Links to further pages lead to where the client's configuration says, whatever host they name.
template<class T, class Options, auto Build, class... Arguments>
class listing {
public:
    /// Of a client.
    explicit listing(std::shared_ptr<detail::client_state> client, Arguments... arguments)
        : client_(std::move(client))
        , arguments_(std::move(arguments)...)
    {
    }

    /// Gives one page: the first one, or the one of `options.page`. A page from elsewhere is an `error` of `errc::invalid_argument`.
    /// Arguments: `[Options] [diagnostics&] [completion token]`, as for `predictions_resource`.
    template<class... Extras>
        requires detail::call_arguments<page<T>, Options, Extras...>
    auto async_list(Extras&&... extras) const
    {
        auto const bind = [this](Arguments const&... arguments) {
            return detail::bind_request<page<T>, Build>(client_, arguments...);
        };
        return detail::initiate<page<T>, Options>(std::apply(bind, arguments_), std::forward<Extras>(extras)...);
    }

    /// The pages one after the other, beginning with that of `options.page`. Asks for nothing yet.
    page_sequence<T> list(Options options = Options()) const
    {
        return page_sequence<T>(client_, detail::make_walk<Build>(std::move(options), arguments_));
    }

    /// Gives what is on all pages, in order, but no more than so many; asks for no page that it needs nothing from. All
    /// requests together have the timeout of one call. Where a page fails, all fails. Arguments: as for `async_list`.
    template<class... Extras>
        requires detail::call_arguments<std::vector<T>, Options, Extras...>
    auto async_list_all(std::size_t at_most, Extras&&... extras) const
    {
        return detail::initiate<std::vector<T>, Options>(
            detail::all_pages_start<T, Build, Arguments...>(client_, at_most, arguments_), std::forward<Extras>(extras)...);
    }

protected:
    /// The client, for the other operations of a resource.
    std::shared_ptr<detail::client_state> const& state() const noexcept { return client_; }

private:
    std::shared_ptr<detail::client_state> client_;
    std::tuple<Arguments...> arguments_;
};

} // namespace replicate

#endif

// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_DETAIL_PAGE_WALK_HPP
#define REPLICATE_DETAIL_PAGE_WALK_HPP

#include <replicate/core/page_links.hpp>
#include <replicate/core/request.hpp>
#include <replicate/detail/question.hpp>
#include <replicate/error.hpp>
#include <replicate/identifier.hpp>
#include <replicate/page.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_set>
#include <utility>
#include <vector>

namespace replicate::detail {

/// Where one has come to in a list. Not for several at once.
class page_walk {
public:
    /// Makes the request of a page: of the first one where the link is empty.
    using page_builder = std::function<core::request(std::string const& link, core::page_links const& links)>;

    page_walk(page_builder builder, std::optional<std::chrono::steady_clock::duration> timeout)
        : builder_(std::move(builder))
        , timeout_(timeout)
    {
    }

    /// The time limit of the list.
    std::optional<std::chrono::steady_clock::duration> timeout() const noexcept { return timeout_; }

    /// True behind the last page.
    bool has_ended() const noexcept { return ended_; }

    /// The request of the next page. Does not go on: that is `advance`.
    core::request next_request(core::page_links const& links) const
    {
        if (link_.empty())
            return builder_(link_, links);
        core::request request;
        try {
            request = builder_(link_, links);
        } catch (error const& refused) {
            throw make_error(errc::unexpected_document, "the link to the next page: " + refused.diagnostics().detail);
        }
        if (seen_.contains(request.target))
            throw make_error(
                errc::unexpected_document, "the link to the next page, " + detail::quoted(link_) + ", leads to an earlier one");
        return request;
    }

    /// The page of this request has come, and says where the next one is.
    void advance(std::string const& target, std::string next)
    {
        seen_.insert(target);
        link_ = std::move(next);
        ended_ = link_.empty();
    }

    /// Says that somebody asks for the next page; false where somebody does already.
    bool occupy() noexcept { return !occupied_.exchange(true); }

    /// Nobody asks any more.
    void release() noexcept { occupied_ = false; }

private:
    page_builder builder_;
    std::optional<std::chrono::steady_clock::duration> timeout_;
    std::string link_;
    std::unordered_set<std::string> seen_;
    bool ended_ = false;
    std::atomic<bool> occupied_ = false;
};

/// The next page of a walk. The walk goes on when the caller is told, on the caller's side: a call that was given up may
/// still be ending on the strand when the next one begins.
template<class T>
class next_page_question final : public question_for<std::optional<page<T>>> {
public:
    next_page_question(std::shared_ptr<page_walk> walk, std::optional<std::chrono::steady_clock::duration> timeout)
        : walk_(std::move(walk))
        , timeout_(timeout)
        , occupies_(walk_ && walk_->occupy())
        , is_second_(walk_ && !occupies_)
    {
    }

    ~next_page_question() override { leave(); }

    std::optional<core::request> ask(core::page_links const& links) override
    {
        if (is_second_)
            throw_invalid_argument("async_next", "the list is being asked for its next page already; ask once at a time");
        if (std::exchange(asked_, true) || !walk_ || walk_->has_ended())
            return std::nullopt;
        check_timeout(timeout_);
        core::request request = walk_->next_request(links);
        target_ = request.target;
        return request;
    }

    void answer(core::response response, response_meta meta) override
    {
        this->result_ = read_answer<page<T>>(std::move(response), std::move(meta));
    }

    std::optional<page<T>> take() override
    {
        if (this->result_)
            walk_->advance(target_, this->result_->next);
        return std::move(this->result_);
    }

    void leave() noexcept override
    {
        if (std::exchange(occupies_, false))
            walk_->release();
    }

private:
    std::shared_ptr<page_walk> walk_;
    std::optional<std::chrono::steady_clock::duration> timeout_;
    std::string target_;
    bool occupies_;
    bool const is_second_;
    bool asked_ = false;
};

/// What `initiate` calls for the next page.
template<class T>
class next_page_start {
public:
    static constexpr bool wants_executor = false;

    next_page_start(std::shared_ptr<client_state> client, std::shared_ptr<page_walk> walk)
        : client_(std::move(client))
        , walk_(std::move(walk))
    {
        if (!client_)
            throw_invalid_argument("async_next", "the sequence was not made by a client");
    }

    void operator()(call_options options, erased_handler<std::optional<page<T>>> handler)
    {
        auto const timeout = options.timeout ? options.timeout : walk_->timeout();
        std::shared_ptr<question_for<std::optional<page<T>>>> what =
            std::make_shared<next_page_question<T>>(std::move(walk_), timeout);
        ask<std::optional<page<T>>>(std::move(client_), std::move(what), timeout, std::move(handler));
    }

private:
    std::shared_ptr<client_state> client_;
    std::shared_ptr<page_walk> walk_;
};

/// All of a list, or as many as are wanted.
template<class T>
class all_pages_question final : public question_for<std::vector<T>> {
public:
    all_pages_question(std::shared_ptr<page_walk> walk, std::size_t at_most)
        : walk_(std::move(walk))
        , at_most_(at_most)
    {
    }

    std::optional<core::request> ask(core::page_links const& links) override
    {
        check_timeout(walk_->timeout());
        if (walk_->has_ended() || this->result_.size() >= at_most_)
            return std::nullopt;
        core::request request = walk_->next_request(links);
        target_ = request.target;
        return request;
    }

    void answer(core::response response, response_meta meta) override
    {
        auto found = read_answer<page<T>>(std::move(response), std::move(meta));
        walk_->advance(target_, std::move(found.next));
        std::size_t const wanted = std::min(found.results.size(), at_most_ - this->result_.size());
        for (std::size_t i = 0; i < wanted; ++i)
            this->result_.push_back(std::move(found.results[i]));
    }

private:
    std::shared_ptr<page_walk> walk_;
    std::size_t at_most_;
    std::string target_;
};

/// Makes a walk over the list whose pages `Build(arguments..., options, links)` asks for.
template<auto Build, class Options, class... Arguments>
std::shared_ptr<page_walk> make_walk(Options options, std::tuple<Arguments...> arguments)
{
    auto const timeout = options.timeout;
    return std::make_shared<page_walk>(
        [options = std::move(options), arguments = std::move(arguments)](
            std::string const& link, core::page_links const& links) {
            Options of_page = options;
            if (!link.empty())
                of_page.page = link;
            return std::apply(
                [&](Arguments const&... each) { return build_request<Build>(links, of_page, each...); }, arguments);
        },
        timeout);
}

/// What `initiate` calls for all of a list.
template<class T, auto Build, class... Arguments>
class all_pages_start {
public:
    static constexpr bool wants_executor = false;

    all_pages_start(std::shared_ptr<client_state> client, std::size_t at_most, std::tuple<Arguments...> arguments)
        : client_(std::move(client))
        , at_most_(at_most)
        , arguments_(std::move(arguments))
    {
    }

    template<class Options>
    void operator()(Options options, erased_handler<std::vector<T>> handler)
    {
        auto const timeout = options.timeout;
        std::shared_ptr<question_for<std::vector<T>>> what = std::make_shared<all_pages_question<T>>(
            make_walk<Build>(std::move(options), std::move(arguments_)), at_most_);
        ask<std::vector<T>>(std::move(client_), std::move(what), timeout, std::move(handler));
    }

private:
    std::shared_ptr<client_state> client_;
    std::size_t at_most_;
    std::tuple<Arguments...> arguments_;
};

} // namespace replicate::detail

#endif
